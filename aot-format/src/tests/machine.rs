//! An image for another machine is refused before anything else happens.

use alloc::vec::Vec;

use super::sample;
use crate::{Arch, CpuFeature, Error, FloatAbi, Header, Image, ImageBuilder, MachineFacts, NONE, Refusal};

const HERE: MachineFacts =
    MachineFacts { arch: Arch::X86_64, float_abi: FloatAbi::Hard, cpu_features: u64::MAX, guarded_memory: true };

fn check(machine: MachineFacts) -> Result<(), Error> {
    let bytes = sample::image();
    Image::parse(&bytes).expect("a valid image").check_machine(&machine)
}

#[test]
fn the_right_machine() {
    assert_eq!(check(HERE), Ok(()));
}

#[test]
fn each_difference_is_named() {
    assert_eq!(check(MachineFacts { arch: Arch::Thumb, ..HERE }), Err(Refusal::Arch(Arch::X86_64.raw()).into()));
    assert_eq!(
        check(MachineFacts { float_abi: FloatAbi::Soft, ..HERE }),
        Err(Refusal::FloatAbi(FloatAbi::Hard.raw()).into())
    );
    let popcnt = CpuFeature::find(Arch::X86_64, "popcnt").expect("popcnt").mask();
    assert_eq!(check(MachineFacts { cpu_features: !popcnt, ..HERE }), Err(Refusal::CpuFeatures(popcnt).into()));
    assert_eq!(check(MachineFacts { guarded_memory: false, ..HERE }), Err(Refusal::GuardedMemory.into()));
}

#[test]
fn an_image_without_floats_at_the_boundary_loads_with_any_float_abi() {
    let mut builder = sample::builder();
    builder.header.float_abi = FloatAbi::None.raw();
    let bytes = builder.finish();
    let image = Image::parse(&bytes).expect("a valid image");
    for float_abi in [FloatAbi::None, FloatAbi::Soft, FloatAbi::Hard] {
        assert_eq!(image.check_machine(&MachineFacts { float_abi, ..HERE }), Ok(()));
    }
}

#[test]
fn feature_bits_are_unique_per_architecture() {
    for arch in Arch::ALL {
        let mut bits: Vec<u8> =
            CpuFeature::ALL.iter().filter(|found| found.arch == *arch).map(|found| found.bit).collect();
        let count = bits.len();
        bits.sort_unstable();
        bits.dedup();
        assert_eq!(bits.len(), count, "{arch:?}");
        assert!(bits.iter().all(|bit| *bit < 64));
    }
}

/// The smallest image for an architecture that requires all of its features.
fn with_all_features(arch: Arch) -> Vec<u8> {
    let mut builder = ImageBuilder::default();
    let (pointer_bytes, cpu_features) = (arch.pointer_bytes(), CpuFeature::known(arch));
    builder.header = Header { arch: arch.raw(), pointer_bytes, cpu_features, ..Header::default() };
    builder.module.start_function = NONE;
    builder.module.glue_end = 2;
    builder.text = alloc::vec![0; 2];
    builder.finish()
}

#[test]
fn each_feature_that_is_missing_is_refused_by_its_own_bit() {
    for arch in Arch::ALL {
        let bytes = with_all_features(*arch);
        let image = Image::parse(&bytes).expect("a valid image");
        let machine =
            MachineFacts { arch: *arch, float_abi: FloatAbi::Soft, cpu_features: u64::MAX, guarded_memory: false };
        assert_eq!(image.check_machine(&machine), Ok(()));
        for feature in CpuFeature::ALL.iter().filter(|feature| feature.arch == *arch) {
            let machine = MachineFacts { cpu_features: !feature.mask(), ..machine };
            let refused = Err(Refusal::CpuFeatures(feature.mask()).into());
            assert_eq!(image.check_machine(&machine), refused, "{arch:?} without {}", feature.name);
            assert_eq!(CpuFeature::find(*arch, feature.name), Some(feature));
            assert_eq!(CpuFeature::mask_of(*arch, &[feature.name, "no-such-feature"]), feature.mask());
        }
    }
}

#[test]
fn bits_that_no_feature_has_are_no_image() {
    for arch in Arch::ALL {
        let unknown = 1 << CpuFeature::known(*arch).trailing_ones();
        let mut bytes = with_all_features(*arch);
        let (_, at, size) = Header::FIELDS.iter().find(|field| field.0 == "cpu_features").expect("a field");
        bytes[*at..at + size].copy_from_slice(&u64::to_le_bytes(unknown));
        assert_eq!(Image::parse(&bytes).err(), Some(Error::Header(crate::HeaderField::CpuFeatures)), "{arch:?}");
    }
}

#[test]
fn an_image_that_counts_instructions_is_refused() {
    let mut builder = sample::builder();
    builder.header.fuel_mode = 1;
    let bytes = builder.finish();
    let image = Image::parse(&bytes).expect("a valid image");
    assert_eq!(image.check_machine(&HERE), Err(Refusal::Fuel.into()));
}
