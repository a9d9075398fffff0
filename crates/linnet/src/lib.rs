//! The model folder and the recogniser over it
