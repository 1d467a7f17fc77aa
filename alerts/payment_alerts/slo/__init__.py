"""Service level objectives as multi-window, multi-burn-rate alerts, after chapter 5 of Google's SRE Workbook."""
