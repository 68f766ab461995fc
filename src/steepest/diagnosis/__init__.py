"""What a descent did and what to try next: one small rule for each verdict, judged from plain data."""

from steepest.diagnosis.finding import Finding as Finding
from steepest.diagnosis.slice_verdict import diagnose_slice as diagnose_slice
from steepest.diagnosis.verdict import diagnose as diagnose
