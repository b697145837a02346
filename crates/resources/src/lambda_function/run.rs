//! Making the calls.

use std::time::Instant;

use aws_sdk_lambda::Client;
use aws_smithy_types::Blob;
use provision_reconciler::{CloudError, ErrorClass, Notes, Progress, Scope, ownership};

use super::call::{Call, Operation, Upload};
use super::spec::FunctionSpec;
use super::{FunctionOutputs, code, permission, read, request};
use crate::Aws;
use crate::aws::retry_while;
use crate::lambda::{self, BUSY};

/// Makes one call.
pub(super) async fn run(cloud: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
    let clients = cloud.region(&scope.region).await;
    let target = Function { cloud, scope, client: clients.lambda(), name: &call.function_name };
    let notes = progress.notes.clone();
    if let Operation::CreateFunction { function, code } = &call.operation {
        target.create(function, code, &notes).await?;
        progress.outputs.extend(FunctionOutputs::new(scope, &call.function_name).into_map());
        progress.id = Some(call.function_name);
        return Ok(());
    }
    let made = match &call.operation {
        Operation::UpdateFunctionCode { code } => target.upload(code, &notes).await,
        operation => patiently(&notes, || target.change(operation)).await,
    };
    match (made, &call.operation) {
        // Gone already, as an earlier attempt whose answer was lost may have seen to.
        (Err(error), Operation::DeleteFunction | Operation::RemovePermission { .. })
            if error.class == ErrorClass::NotFound =>
        {
            Ok(())
        }
        (Err(error), Operation::AddPermission { permission }) if lambda::is_taken(&error) => {
            let policy = read::policy(cloud, target.client, target.name).await?.unwrap_or_default();
            match permission::of_policy(&policy, scope).contains(permission) {
                true => Ok(()),
                false => Err(CloudError { class: ErrorClass::AlreadyExists, ..error }
                    .with_hint("somebody just added another statement of that id; run the same command again")),
            }
        }
        (made, _) => made.map_err(lambda::explain),
    }
}

/// Makes a call again while an earlier change is under way, or while what IAM and KMS were told is not known everywhere.
async fn patiently<T, F>(notes: &Notes, call: impl FnMut() -> F) -> Result<T, CloudError>
where
    F: Future<Output = Result<T, CloudError>>,
{
    let start = Instant::now();
    retry_while(BUSY, notes, |error| lambda::passes(error, start.elapsed()), call).await
}

/// A function and the way to it.
struct Function<'a> {
    cloud: &'a Aws,
    scope: &'a Scope,
    client: &'a Client,
    name: &'a str,
}

impl Function<'_> {
    /// A name that is taken may be so by an earlier attempt whose answer was lost.
    async fn create(&self, spec: &FunctionSpec, upload: &Upload, notes: &Notes) -> Result<(), CloudError> {
        let action = "lambda:CreateFunction";
        let package = code::planned(action, upload).await?;
        let tags = ownership::tags_for_create(&spec.tags, self.scope);
        let request = request::create(self.client, action, spec, &package.bytes, &tags)?;
        let send = || request.clone().customize().config_override(request::patient()).send();
        let Err(error) = patiently(notes, || self.cloud.call(action, send())).await else { return Ok(()) };
        if !lambda::is_taken(&error) {
            return Err(lambda::explain(error));
        }
        let Some(found) = read::get(self.cloud, self.client, self.name).await? else { return Err(error) };
        let tags = read::tags(&found)?;
        let ours = tags.get(ownership::OPERATION) == Some(&self.scope.operation)
            && ownership::is_ours(&tags, &self.scope.environment, &self.scope.address);
        if ours {
            return Ok(());
        }
        let message = format!("the function {} exists and was not made by this operation", self.name);
        Err(CloudError { class: ErrorClass::AlreadyExists, message, ..error }
            .with_hint("choose another name, or import the function"))
    }

    async fn upload(&self, upload: &Upload, notes: &Notes) -> Result<(), CloudError> {
        let action = "lambda:UpdateFunctionCode";
        let package = code::planned(action, upload).await?;
        let request = self
            .client
            .update_function_code()
            .function_name(self.name)
            .zip_file(Blob::new(package.bytes.as_slice()))
            .set_architectures(Some(request::architectures(&upload.architectures)));
        let send = || request.clone().customize().config_override(request::patient()).send();
        patiently(notes, || self.cloud.call(action, send())).await.map(drop)
    }

    /// Every call but those that send code.
    async fn change(&self, operation: &Operation) -> Result<(), CloudError> {
        let Self { cloud, scope, client, name } = *self;
        let action = operation.action();
        match operation {
            Operation::CreateFunction { .. } | Operation::UpdateFunctionCode { .. } => {
                Err(CloudError::new(action, ErrorClass::Refused, "code is sent otherwise; this is a bug in the engine"))
            }
            Operation::UpdateFunctionConfiguration { function } => {
                let request = request::update_configuration(client, action, function)?;
                cloud.call(action, request.send()).await.map(drop)
            }
            Operation::PutFunctionConcurrency { reserved_concurrent_executions } => {
                let request = client.put_function_concurrency().function_name(name);
                let request = request.reserved_concurrent_executions(*reserved_concurrent_executions);
                cloud.call(action, request.send()).await.map(drop)
            }
            Operation::DeleteFunctionConcurrency => {
                let request = client.delete_function_concurrency().function_name(name);
                cloud.call(action, request.send()).await.map(drop)
            }
            Operation::AddPermission { permission } => {
                let request = request::add_permission(client, name, permission);
                cloud.call(action, request.send()).await.map(drop)
            }
            Operation::RemovePermission { statement_id } => {
                let request = client.remove_permission().function_name(name).statement_id(statement_id);
                cloud.call(action, request.send()).await.map(drop)
            }
            Operation::TagResource { tags } => {
                let request = client.tag_resource().resource(read::arn(scope, name));
                cloud.call(action, request.set_tags(Some(lambda::to_sdk(tags))).send()).await.map(drop)
            }
            Operation::UntagResource { keys } => {
                let request = client.untag_resource().resource(read::arn(scope, name));
                cloud.call(action, request.set_tag_keys(Some(keys.clone())).send()).await.map(drop)
            }
            Operation::DeleteFunction => {
                cloud.call(action, client.delete_function().function_name(name).send()).await.map(drop)
            }
        }
    }
}
