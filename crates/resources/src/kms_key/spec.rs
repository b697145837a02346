//! What can be set of a key.

use std::collections::{BTreeMap, BTreeSet};

use provision_reconciler::{Problem, Scope};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::services::{Service, with_services};
use crate::document::Document;

/// An AWS KMS key that you manage, with an alias.
///
/// Deleting one schedules its deletion; until then, an apply that asks for it again cancels the deletion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// What the key is for.
    #[serde(default)]
    #[schemars(length(max = 8192))]
    pub description: String,
    /// The name that the key goes by, unique in account and region: `alias/` and then letters, digits, `/`, `_` or `-`. Unset:
    /// `alias/ENVIRONMENT/NAME`, with the resource's own name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256), extend("pattern" = "^alias/[a-zA-Z0-9/_-]+$"))]
    pub alias: Option<String>,
    /// What the key may be used for.
    #[serde(default)]
    #[schemars(extend("immutable" = true))]
    pub key_usage: KeyUsage,
    /// What sort of key it is.
    #[serde(default)]
    #[schemars(extend("immutable" = true))]
    pub key_spec: KeySpec,
    /// The key policy: who may use and manage the key. Unset: the account, which can then delegate through IAM policies (the
    /// policy that AWS itself gives to a key).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Document>,
    /// The services that use the key: each gets the statements that it needs, added to the policy.
    #[serde(default)]
    pub services: BTreeSet<Service>,
    /// Whether AWS rotates the key material by itself. Only symmetric encryption keys can be rotated: set it to `false` for
    /// any other `key_spec`.
    #[serde(default = "yes")]
    pub enable_key_rotation: bool,
    /// The days between two rotations.
    #[serde(default = "default_rotation_period")]
    #[schemars(range(min = 90, max = 2560))]
    pub rotation_period_in_days: i32,
    /// Whether the key can be replicated into other regions.
    #[serde(default)]
    #[schemars(extend("immutable" = true))]
    pub multi_region: bool,
    /// Whether the key can be used. Nothing that a disabled key encrypted can be read.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// The days between the deletion of the resource and that of the key, in which the deletion can still be cancelled.
    #[serde(default = "default_pending_window")]
    #[schemars(range(min = 7, max = 30))]
    pub pending_window_in_days: i32,
    /// Whether AWS is about to delete the key. Always `none` in a file; a key on which it is `pending` is kept by the next
    /// apply, which cancels the deletion.
    #[serde(default)]
    pub deletion: Deletion,
    /// The tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

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

/// Whether AWS is about to delete a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deletion {
    /// It is not.
    #[default]
    None,
    /// It is. Only ever read, hence no value that a file may use.
    #[schemars(skip)]
    Pending,
}

impl Spec {
    /// The alias, the default one if none is set.
    pub(super) fn alias_in(&self, scope: &Scope) -> String {
        self.alias.clone().unwrap_or_else(|| default_alias(scope))
    }

    /// Whether AWS can rotate a key of this sort.
    pub(super) fn can_rotate(&self) -> bool {
        self.key_spec == KeySpec::SymmetricDefault
    }

    pub(super) fn complete(mut self, scope: &Scope) -> Self {
        self.alias = Some(self.alias_in(scope));
        let policy = self.policy.get_or_insert_with(|| default_policy(scope));
        let services: Vec<Service> = self.services.iter().copied().collect();
        *policy = with_services(policy, &services, scope);
        self
    }

    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.alias.as_deref().is_some_and(|alias| alias.starts_with("alias/aws/")) {
            problems
                .push(Problem::new("/alias", "aliases that begin with `alias/aws/` are reserved for AWS's own keys"));
        }
        if self.enable_key_rotation && !self.can_rotate() {
            let problem = Problem::new("/enable_key_rotation", "only symmetric encryption keys can be rotated");
            problems.push(problem.help("set `enable_key_rotation = false`, or leave `key_spec` unset"));
        }
        if !self.key_spec.allows(self.key_usage) {
            let message = "a key of this `key_spec` cannot be used like this";
            problems.push(Problem::new("/key_usage", message).help(format!("use one of {}", self.key_spec.usages())));
        }
        problems
    }
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

    fn allows(self, usage: KeyUsage) -> bool {
        self.uses().contains(&usage)
    }

    fn usages(self) -> String {
        let usages: Vec<String> =
            self.uses().iter().map(|usage| format!("`{}`", crate::values::to_aws(usage))).collect();
        usages.join(", ")
    }
}

/// `alias/ENVIRONMENT/NAME`, and the `for_each` key behind another slash; what an alias cannot contain becomes `_`.
fn default_alias(scope: &Scope) -> String {
    let address = &scope.address;
    let parts = [Some(&scope.environment), Some(&address.name), address.key.as_ref()];
    let allowed = |character: char| match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '/' | '_' | '-' => character,
        _ => '_',
    };
    let parts: Vec<String> = parts.into_iter().flatten().map(|part| part.chars().map(allowed).collect()).collect();
    format!("alias/{}", parts.join("/"))
}

/// The policy that AWS gives to a key for which none is given.
///
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>
fn default_policy(scope: &Scope) -> Document {
    Document::new(json!({
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [{
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:{}:iam::{}:root", scope.partition, scope.account) },
            "Action": "kms:*",
            "Resource": "*",
        }],
    }))
}

fn yes() -> bool {
    true
}

fn default_rotation_period() -> i32 {
    365
}

fn default_pending_window() -> i32 {
    30
}

/// A key with everything at its default.
impl Default for Spec {
    fn default() -> Self {
        Self {
            description: String::new(),
            alias: None,
            key_usage: KeyUsage::default(),
            key_spec: KeySpec::default(),
            policy: None,
            services: BTreeSet::new(),
            enable_key_rotation: true,
            rotation_period_in_days: default_rotation_period(),
            multi_region: false,
            enabled: true,
            pending_window_in_days: default_pending_window(),
            deletion: Deletion::None,
            tags: BTreeMap::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kms_key::KmsKey;
    use crate::testing::{scope, spec};

    fn problems(table: serde_json::Value) -> Vec<String> {
        spec::<KmsKey>(table).problems().into_iter().map(|one| format!("{}: {}", one.pointer, one.message)).collect()
    }

    #[test]
    fn defaults_are_completed_from_the_scope() {
        let completed = spec::<KmsKey>(json!({}));
        assert_eq!(completed.alias.as_deref(), Some("alias/staging/data"));
        assert_eq!(completed.policy, Some(default_policy(&scope::<KmsKey>("data"))));
        let mut keyed = scope::<KmsKey>("data");
        keyed.address = keyed.address.with_key("eu west");
        assert_eq!(default_alias(&keyed), "alias/staging/data/eu_west");
    }

    #[test]
    fn a_file_cannot_ask_for_a_pending_deletion() {
        let fields = provision_reconciler::fields_of::<Spec>();
        let shape = fields.get("deletion").map(|field| field.shape.noun());
        assert_eq!(shape.as_deref(), Some("one of `none`"));
    }

    #[test]
    fn what_the_schema_cannot_say_is_checked() {
        assert_eq!(problems(json!({})), [""; 0]);
        assert_eq!(
            problems(json!({ "alias": "alias/aws/s3" })),
            ["/alias: aliases that begin with `alias/aws/` are reserved for AWS's own keys"]
        );
        assert_eq!(
            problems(json!({ "key_spec": "RSA_2048" })),
            ["/enable_key_rotation: only symmetric encryption keys can be rotated"]
        );
        assert_eq!(
            problems(json!({ "key_usage": "SIGN_VERIFY" })),
            ["/key_usage: a key of this `key_spec` cannot be used like this"]
        );
    }
}
