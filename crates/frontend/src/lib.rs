//! Samples to log-mel filterbank features
