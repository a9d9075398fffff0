//! Batches to a model folder: the training loop
