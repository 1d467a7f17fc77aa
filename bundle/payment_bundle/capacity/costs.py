"""What a series, a sample and a rule cost Prometheus: measured by ``benchmarks/capacity.py``, and as others found."""

from __future__ import annotations

from payment_catalog.cardinality import Amount, exactly

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30

#: Bytes of memory of a series in the head. "How Much RAM Does Prometheus 2.x Need for Cardinality and Ingestion?" and
#: "Why does Prometheus use so much RAM?" (robustperception.io) have 3 KiB with the samples; what queries, labels that
#: are long and a garbage collector that waits take comes on top: the field plans with 8.
SERIES_BYTES = Amount(3 * KIB, 8 * KIB)
#: Bytes of memory of a Prometheus without series, and of a rule with its templates and what its evaluation leaves.
PROCESS_BYTES = Amount(60 * MIB, 300 * MIB)
RULE_BYTES = Amount(40 * KIB, 80 * KIB)

#: Bytes of a sample on disk, with its share of the index: 1 to 2 (docs/storage.md of Prometheus).
SAMPLE_BYTES = Amount(1.5, 2.5)
#: Seconds of samples, and bytes of each, in the write-ahead log and the mapped chunks beside the blocks
#: ("How much space does the WAL take up?", robustperception.io: 13 bytes, half of that compressed).
WAL_SECONDS = Amount(2 * 3600, 3 * 3600)
WAL_SAMPLE_BYTES = exactly(7)

#: Seconds of one core for an evaluation of a rule, and for each sample that it reads.
RULE_SECONDS = Amount(0.0006, 0.0012)
READ_SECONDS = Amount(100e-9, 300e-9)
