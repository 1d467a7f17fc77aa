"""The truth about money: tables, and the only statements that change a payment or a refund."""
