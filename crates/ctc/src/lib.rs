//! Connectionist temporal classification on plain slices
