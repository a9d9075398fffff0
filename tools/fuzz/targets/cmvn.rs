//! `cmvn.json` of model folders.
#![no_main]

use libfuzzer_sys::fuzz_target;
use linnet_frontend::Cmvn;
use linnet_fuzz::as_file;

fuzz_target!(|bytes: &[u8]| {
    as_file(bytes, |path| {
        let cmvn = Cmvn::read(path).map_err(|error| error.to_string())?;
        assert_eq!(cmvn.mean.len(), cmvn.std.len());
        assert!(cmvn.mean.iter().all(|mean| mean.is_finite()));
        assert!(cmvn.std.iter().all(|&std| std.is_finite() && std > 0.0));
        cmvn.write(path).expect("room for it");
        assert_eq!(Cmvn::read(path).expect("what was written"), cmvn);
        Ok(())
    });
});
