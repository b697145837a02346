//! A CronJob of Kubernetes and its service account ([CronJob], [Pod failure policy], [IAM roles for service accounts]).
//!
//! [CronJob]: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
//! [Pod failure policy]: https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
//! [IAM roles for service accounts]: https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html

use crate::command::NOTIFY;
use crate::quote::yaml;
use crate::schedule::Schedule;
use crate::target::File;
use crate::times::Times;

/// The secret that contains the targets.
const SECRET: &str = "provision-notify";

/// The file: one manifest.
pub fn render(schedule: &Schedule) -> File {
    let Schedule { name, image, program, directory, .. } = schedule;
    let file = format!("{name}.yaml");
    let mut needs = vec![
        format!("`kubectl apply -f {file}`; the image {image} must contain {program} and the project in {directory}"),
        format!("`kubectl create job --from=cronjob/{name} {name}-now` runs it at once"),
    ];
    if schedule.notify.is_empty() {
        needs.push(format!(
            "`kubectl create secret generic {SECRET} --from-file={NOTIFY}=FILE` says whom to tell, one a line in FILE"
        ));
    }
    if schedule.role_arn.is_none() {
        needs.push(format!("the AWS role comes from an EKS Pod Identity association of {name}, or from the node"));
    }
    File { content: content(schedule), name: file, what_to_do: needs.join("; ") }
}

fn content(schedule: &Schedule) -> String {
    let Schedule { name, every, region, image, program, directory, .. } = schedule;
    let role = match &schedule.role_arn {
        Some(role) => format!("\n  annotations:\n    eks.amazonaws.com/role-arn: {}", yaml::text(role)),
        None => String::new(),
    };
    // A name without a registry is one that was built where it runs; Kubernetes would ask a registry for its "latest".
    let pull = if image.contains('/') { "" } else { "\n              imagePullPolicy: IfNotPresent" };
    let arguments = schedule.arguments(Some(directory));
    let arguments = arguments.iter().map(|argument| format!("\n                - {}", yaml::text(&literal(argument))));
    format!(
        "\
# {title}, every {every}
#
# For Kubernetes 1.31 or newer, where pod failure policies are stable.
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {quoted}{role}
# It talks to AWS, not to Kubernetes.
automountServiceAccountToken: false
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {quoted}
spec:
  schedule: '{cron}'
  timeZone: Etc/UTC
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: {deadline}
  successfulJobsHistoryLimit: 3
  failedJobsHistoryLimit: 10
  jobTemplate:
    spec:
      # Not tried again: the next run is the next try.
      backoffLimit: 0
      activeDeadlineSeconds: {longest}
      # Kubernetes knows a job that completed and one that failed, and nobody looks at the first. So a
      # job fails both if something was found (exit code 2) and if the check did not run well (any
      # other code), and the reason of its condition \"Failed\" tells which: PodFailurePolicy for the
      # first; BackoffLimitExceeded or DeadlineExceeded for the second.
      podFailurePolicy:
        rules:
          - action: FailJob
            onExitCodes:
              containerName: provision
              operator: In
              values: [2]
          # A pod that Kubernetes moves to another node has not failed: it is started again.
          - action: Ignore
            onPodConditions:
              - type: DisruptionTarget
                status: 'True'
      template:
        spec:
          serviceAccountName: {quoted}
          automountServiceAccountToken: false
          restartPolicy: Never
          # When it is told to stop, it does so within 7 seconds.
          terminationGracePeriodSeconds: 15
          securityContext:
            runAsNonRoot: true
            runAsUser: 65532
            runAsGroup: 65532
            # So that it can read the token of its role.
            fsGroup: 65532
            seccompProfile:
              type: RuntimeDefault
          containers:
            - name: provision
              image: {image}{pull}
              command:
                - {program}
              args:{arguments}
              env:
                - name: AWS_REGION
                  value: {region}
                - name: HOME
                  value: /tmp
{notify}              # The end of what it said becomes part of the pod's status (kubectl describe pod).
              terminationMessagePolicy: FallbackToLogsOnError
              securityContext:
                allowPrivilegeEscalation: false
                readOnlyRootFilesystem: true
                capabilities:
                  drop: [ALL]
              resources:
                requests:
                  cpu: 100m
                  memory: 128Mi
                limits:
                  memory: 512Mi
              volumeMounts:
                - name: tmp
                  mountPath: /tmp
          volumes:
            - name: tmp
              emptyDir:
                sizeLimit: 64Mi
",
        title = schedule.title(),
        quoted = yaml::text(name),
        region = yaml::text(region),
        cron = Times::of(schedule).cron(),
        // A run that could not begin for half the period is left to the next.
        deadline = u32::from(every.minutes()) * 30,
        longest = u32::from(schedule.job.longest()) * 60,
        image = yaml::text(image),
        program = yaml::text(&literal(program)),
        arguments = arguments.collect::<String>(),
        notify = notify(schedule),
    )
}

/// Kubernetes puts in the value of every `$(NAME)` in a command and its arguments, and reads `$$` as `$`.
fn literal(text: &str) -> String {
    text.replace('$', "$$")
}

fn notify(schedule: &Schedule) -> String {
    if !schedule.notify.is_empty() {
        return String::new();
    }
    format!(
        "                - name: {NOTIFY}
                  valueFrom:
                    secretKeyRef:
                      name: {SECRET}
                      key: {NOTIFY}
                      optional: true
"
    )
}
