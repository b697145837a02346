//! Making the calls, and waiting for them.

use aws_sdk_ec2::operation::create_flow_logs::builders::CreateFlowLogsFluentBuilder;
use aws_sdk_ec2::types::{FlowLog, FlowLogsResourceType, ResourceType, UnsuccessfulItem};
use provision_reconciler::{CloudError, ErrorClass, Progress, Scope, ownership};

use super::call::Call;
use super::spec::{FlowLogSpec, without_streams};
use super::{FlowLogOutputs, read, verify};
use crate::Aws;
use crate::aws::{Clients, classify};
use crate::ec2::{self, client_token, from_sdk_tags, patiently, tag_specification, until_seen};
use crate::values::to_aws;

/// Makes one call.
pub(super) async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
    let clients = aws.region(&scope.region).await;
    let action = call.action();
    match &call {
        Call::CreateFlowLogs { flow_log } => {
            let id = create(aws, &clients, scope, flow_log, progress).await?;
            let outputs = FlowLogOutputs::new(scope, &id);
            progress.output("flow_log_id", outputs.flow_log_id);
            progress.output("arn", outputs.arn);
            progress.id = Some(id);
            Ok(())
        }
        Call::Tags(tags) => ec2::run_tags(aws, &clients, progress.id(action)?, tags, &progress.notes).await,
        Call::DeleteFlowLogs => {
            let request = clients.ec2().delete_flow_logs().flow_log_ids(progress.id(action)?);
            let answer =
                aws.call(action, request.send()).await.and_then(|answer| succeeded(action, answer.unsuccessful()));
            match answer {
                // Gone already, as an earlier attempt whose answer was lost may have seen to; or with its network interface.
                Err(error) if error.class == ErrorClass::NotFound => Ok(()),
                answer => answer,
            }
        }
    }
}

/// Waits until a new flow log is seen, and says so if AWS knows already that it will deliver nothing.
pub(super) async fn settle(aws: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
    if !matches!(call, Call::CreateFlowLogs { .. }) {
        return Ok(());
    }
    let id = progress.id(call.action())?.to_owned();
    let look = || read::one(aws, scope, &id);
    let log = until_seen(call.action(), &format!("the flow log {id}"), &progress.notes, look).await?;
    if let Some(failure) = verify::failure(&log) {
        progress.notes.say(&format!("{id} does not deliver: {failure}"));
    }
    Ok(())
}

async fn create(
    aws: &Aws,
    clients: &Clients,
    scope: &Scope,
    spec: &FlowLogSpec,
    progress: &Progress,
) -> Result<String, CloudError> {
    let action = "ec2:CreateFlowLogs";
    let request = request(clients, scope, spec)?;
    let made = patiently(&progress.notes, is_not_permitted_yet, || async {
        let answer = aws.call(action, request.clone().send()).await?;
        succeeded(action, answer.unsuccessful())?;
        answer.flow_log_ids.unwrap_or_default().into_iter().next().ok_or_else(|| ec2::unnamed(action))
    });
    match made.await {
        // The token makes a repeated request answer as the first one did; this is for when AWS has forgotten it.
        Err(error) if error.class == ErrorClass::AlreadyExists => {
            let ours = |log: &FlowLog| from_sdk_tags(log.tags()).get(ownership::OPERATION) == Some(&scope.operation);
            let ours = read::owned(aws, scope).await?.into_iter().find(ours);
            ours.and_then(|log| log.flow_log_id).ok_or_else(|| {
                let what = &spec.resource_id;
                error.with_hint(format!("{what} has a flow log to this destination already: delete it, or import it"))
            })
        }
        // AWS says the same whichever is missing.
        Err(error) if error.class == ErrorClass::Denied && spec.deliver_logs_permission_arn.is_some() => {
            Err(error.with_hint("allow `ec2:CreateFlowLogs`, `ec2:CreateTags`, and `iam:PassRole` on the role, to the caller"))
        }
        Err(error) if is_not_permitted_yet(&error) => Err(error.with_hint(
            "for a log group: the role must exist and trust `vpc-flow-logs.amazonaws.com`; for a bucket: its policy must let \
             `delivery.logs.amazonaws.com` write",
        )),
        made => made,
    }
}

fn request(clients: &Clients, scope: &Scope, spec: &FlowLogSpec) -> Result<CreateFlowLogsFluentBuilder, CloudError> {
    let resource = match spec.resource_id.split_once('-').map(|(prefix, _)| prefix) {
        Some("vpc") => FlowLogsResourceType::Vpc,
        Some("subnet") => FlowLogsResourceType::Subnet,
        Some("eni") => FlowLogsResourceType::NetworkInterface,
        _ => {
            let message = format!("`{}` is not the id of a VPC, a subnet or a network interface", spec.resource_id);
            return Err(CloudError::new("ec2:CreateFlowLogs", ErrorClass::Refused, message)
                .with_hint("correct `resource_id` in the file"));
        }
    };
    let request = clients
        .ec2()
        .create_flow_logs()
        .client_token(client_token(scope))
        .resource_type(resource)
        .resource_ids(&spec.resource_id)
        .traffic_type(to_aws(&spec.traffic_type).as_str().into())
        .log_destination_type(to_aws(&spec.log_destination_type).as_str().into())
        .set_log_group_name(spec.log_group_name.clone())
        .set_log_destination(spec.log_destination.as_deref().map(without_streams).map(str::to_owned))
        .set_deliver_logs_permission_arn(spec.deliver_logs_permission_arn.clone())
        .log_format(&spec.log_format)
        .max_aggregation_interval(spec.max_aggregation_interval)
        .tag_specifications(tag_specification(ResourceType::VpcFlowLog, &spec.tags, scope));
    Ok(request)
}

/// An answer of 200 says of each resource, or flow log, whether it came to anything.
fn succeeded(action: &str, unsuccessful: &[UnsuccessfulItem]) -> Result<(), CloudError> {
    let Some(error) = unsuccessful.first().and_then(|item| item.error()) else { return Ok(()) };
    let code = error.code();
    let message = error.message().unwrap_or("EC2 does not say why");
    Err(CloudError { code: code.map(str::to_owned), ..CloudError::new(action, classify(code, None), message) })
}

/// Whether the role, or the bucket's policy, may only be too new.
fn is_not_permitted_yet(error: &CloudError) -> bool {
    let message = error.message.to_lowercase();
    error.class == ErrorClass::Refused
        && (message.contains("unable to assume given iam role") || message.contains("access denied for logdestination"))
}
