//! What sort of key it is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a key may be used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum KeyUsage {
    /// Encrypting and decrypting data.
    #[default]
    EncryptDecrypt,
    /// Signing and verifying.
    SignVerify,
    /// Making and checking HMACs.
    GenerateVerifyMac,
    /// Deriving shared secrets.
    KeyAgreement,
    /// Encapsulating and decapsulating shared secrets.
    EncapsulateDecapsulate,
}

/// What sort of key it is. <https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum KeySpec {
    /// AES-256-GCM; the key never leaves KMS.
    #[default]
    SymmetricDefault,
    /// RSA, 2048 bits.
    #[serde(rename = "RSA_2048")]
    Rsa2048,
    /// RSA, 3072 bits.
    #[serde(rename = "RSA_3072")]
    Rsa3072,
    /// RSA, 4096 bits.
    #[serde(rename = "RSA_4096")]
    Rsa4096,
    /// NIST P-256.
    EccNistP256,
    /// NIST P-384.
    EccNistP384,
    /// NIST P-521.
    EccNistP521,
    /// Ed25519.
    #[serde(rename = "ECC_NIST_EDWARDS25519")]
    EccNistEdwards25519,
    /// secp256k1.
    EccSecgP256k1,
    /// HMAC with SHA-224.
    #[serde(rename = "HMAC_224")]
    Hmac224,
    /// HMAC with SHA-256.
    #[serde(rename = "HMAC_256")]
    Hmac256,
    /// HMAC with SHA-384.
    #[serde(rename = "HMAC_384")]
    Hmac384,
    /// HMAC with SHA-512.
    #[serde(rename = "HMAC_512")]
    Hmac512,
    /// ML-DSA, security category 2.
    #[serde(rename = "ML_DSA_44")]
    MlDsa44,
    /// ML-DSA, security category 3.
    #[serde(rename = "ML_DSA_65")]
    MlDsa65,
    /// ML-DSA, security category 5.
    #[serde(rename = "ML_DSA_87")]
    MlDsa87,
    /// ML-KEM, security category 1.
    #[serde(rename = "ML_KEM_512")]
    MlKem512,
    /// ML-KEM, security category 3.
    #[serde(rename = "ML_KEM_768")]
    MlKem768,
    /// ML-KEM, security category 5.
    #[serde(rename = "ML_KEM_1024")]
    MlKem1024,
    /// SM2 (China regions only).
    #[serde(rename = "SM2")]
    Sm2,
}

impl KeySpec {
    /// <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html#KMS-CreateKey-request-KeyUsage>
    fn uses(self) -> &'static [KeyUsage] {
        use KeyUsage::{EncapsulateDecapsulate, EncryptDecrypt, GenerateVerifyMac, KeyAgreement, SignVerify};
        match self {
            Self::SymmetricDefault => &[EncryptDecrypt],
            Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096 => &[EncryptDecrypt, SignVerify],
            Self::EccNistP256 | Self::EccNistP384 | Self::EccNistP521 => &[SignVerify, KeyAgreement],
            Self::EccNistEdwards25519 | Self::EccSecgP256k1 => &[SignVerify],
            Self::Hmac224 | Self::Hmac256 | Self::Hmac384 | Self::Hmac512 => &[GenerateVerifyMac],
            Self::MlDsa44 | Self::MlDsa65 | Self::MlDsa87 => &[SignVerify],
            Self::MlKem512 | Self::MlKem768 | Self::MlKem1024 => &[EncapsulateDecapsulate],
            Self::Sm2 => &[EncryptDecrypt, SignVerify, KeyAgreement],
        }
    }

    /// Whether a key of this sort may be used so.
    pub(crate) fn allows(self, usage: KeyUsage) -> bool {
        self.uses().contains(&usage)
    }

    /// All that a key of this sort may be used for, in words.
    pub(crate) fn usages(self) -> String {
        let usages: Vec<String> =
            self.uses().iter().map(|usage| format!("`{}`", crate::values::to_aws(usage))).collect();
        usages.join(", ")
    }
}
