//! Alignments, error rates and their intervals
