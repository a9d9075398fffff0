//! NumPy's matrices, as `linnet decode --logits` reads them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use linnet_fuzz::as_file;

#[path = "../../../crates/cli/src/npy.rs"]
#[allow(dead_code)]
mod npy;

fuzz_target!(|bytes: &[u8]| {
    as_file(bytes, |path| {
        let matrix = npy::read(path)?;
        assert_eq!(matrix.values.len(), matrix.rows * matrix.columns);
        npy::write(path, &matrix.values, matrix.columns).expect("room for it");
        let again = npy::read(path).expect("what was written");
        assert_eq!(again.columns, matrix.columns);
        let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert!(bits(&again.values) == bits(&matrix.values) || matrix.values.iter().any(|v| v.is_nan()));
        Ok(())
    });
});
