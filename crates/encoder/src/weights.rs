//! The parameters by name, and the files that hold them.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};

use crate::encoder::{Encoder, Group};
use crate::error::EncoderError;

impl Encoder {
    /// Every parameter under its own name, as `layers.0.mixer.query.weight`.
    ///
    /// # Errors
    ///
    /// Candle's.
    pub fn tensors(&self) -> Result<HashMap<String, Tensor>, EncoderError> {
        let mut tensors = HashMap::new();
        for Group { name, parameters, range } in self.groups() {
            let flat = self.weights().as_detached_tensor().narrow(0, range.start, range.len())?;
            for (parameter, view) in parameters.iter().zip(parameters.views(&flat)?) {
                tensors.insert(format!("{name}.{}", parameter.name), view);
            }
        }
        Ok(tensors)
    }

    /// Reads all parameters from a safetensors file; nothing changes unless every one is there with its shape.
    ///
    /// # Errors
    ///
    /// A file that can't be read, or those of [`Encoder::set_tensors`].
    pub fn load(&self, path: &Path) -> Result<(), EncoderError> {
        let tensors = candle_core::safetensors::load(path, &Device::Cpu)
            .map_err(|_| EncoderError::File { path: path.to_path_buf() })?;
        self.set_tensors(tensors, path)
    }

    /// Takes over all parameters, named as [`Encoder::tensors`] names them; `path` is where they came from. Nothing
    /// changes unless every one is there with its shape.
    ///
    /// # Errors
    ///
    /// The first parameter that is missing, has another shape or type or values that are not finite, or is none of this
    /// encoder's.
    pub fn set_tensors(&self, mut tensors: HashMap<String, Tensor>, path: &Path) -> Result<(), EncoderError> {
        let error = |problem: String| EncoderError::Weights { path: path.to_path_buf(), problem };
        let mut flat = Vec::with_capacity(self.parameter_count());
        for group in self.groups() {
            for parameter in group.parameters.iter() {
                let name = format!("{}.{}", group.name, parameter.name);
                let tensor =
                    tensors.remove(&name).ok_or_else(|| error(format!("parameter {name} is missing")))?;
                if tensor.dims() != parameter.shape || tensor.dtype() != DType::F32 {
                    let (found, kind) = (tensor.dims(), tensor.dtype());
                    return Err(error(format!(
                        "parameter {name} is {kind:?} {found:?}, the model wants F32 {:?}",
                        parameter.shape
                    )));
                }
                let values = tensor.flatten_all()?.to_vec1::<f32>()?;
                if !values.iter().all(|value| value.is_finite()) {
                    let path = path.to_path_buf();
                    return Err(EncoderError::NotFinite { path, parameter: name });
                }
                flat.extend(values);
            }
        }
        if let Some(name) = tensors.keys().min() {
            return Err(error(format!("parameter {name} is not the model's")));
        }
        Ok(self.weights().set(&Tensor::from_vec(flat, self.weights().shape(), &Device::Cpu)?)?)
    }
}
