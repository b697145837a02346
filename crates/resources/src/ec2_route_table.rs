//! `ec2_route_table`: AWS::EC2::RouteTable, with its AWS::EC2::Route and AWS::EC2::SubnetRouteTableAssociation inside it.
//!
//! All of a route table's routes are the file's, but for those that AWS keeps by itself: the local ones, those that a virtual
//! private gateway propagates, and those that a gateway endpoint puts in.
//!
//! <https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html>

mod associate;
mod call;
mod find;
mod read;
mod route;
mod run;
mod spec;
mod steps;

use std::collections::BTreeSet;

use provision_reconciler::{Change, CloudError, Kind, Live, Problem, Progress, Scope, Step, Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use call::Call;
pub use route::Route;
pub use spec::RouteTableSpec;

use crate::Aws;

/// The kind `ec2_route_table`.
#[derive(Clone, Copy, Debug)]
pub struct Ec2RouteTable;

/// What references can name besides the fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteTableOutputs {
    /// The route table's ARN.
    pub arn: String,
    /// The route table's id, `rtb-…`.
    pub route_table_id: String,
}

impl RouteTableOutputs {
    fn new(scope: &Scope, id: &str) -> Self {
        Self { arn: scope.arn("ec2", &format!("route-table/{id}")), route_table_id: id.to_owned() }
    }
}

impl Kind for Ec2RouteTable {
    const NAME: &'static str = "ec2_route_table";
    const AWS_TYPE: &'static str = "AWS::EC2::RouteTable";
    const ARN: &'static str = "arn:${Partition}:ec2:${Region}:${Account}:route-table/${RouteTableId}";
    const READS: &'static [&'static str] = &[read::DESCRIBE];

    type Cloud = Aws;
    type Spec = RouteTableSpec;
    type Outputs = RouteTableOutputs;
    type Call = Call;

    fn check(spec: &RouteTableSpec) -> Vec<Problem> {
        spec.problems()
    }

    fn complete(spec: RouteTableSpec, _scope: &Scope) -> Result<RouteTableSpec, Problem> {
        Ok(spec.complete())
    }

    /// The table as AWS makes it: routes need what they lead to, which may take minutes.
    fn core(spec: &RouteTableSpec) -> Option<RouteTableSpec> {
        Some(RouteTableSpec { routes: Vec::new(), subnets: BTreeSet::new(), ..spec.clone() })
    }

    fn identity(_spec: &RouteTableSpec, _scope: &Scope) -> Option<String> {
        None
    }

    async fn read(aws: &Aws, targets: &[Target<RouteTableSpec>]) -> Vec<Result<Option<Live<Self>>, CloudError>> {
        read::read(aws, targets).await
    }

    async fn find(aws: &Aws, scope: &Scope) -> Result<Option<String>, CloudError> {
        find::find(aws, scope).await
    }

    fn steps(change: Change<'_, RouteTableSpec>) -> Vec<Step<Call>> {
        steps::steps(change)
    }

    async fn run(aws: &Aws, scope: &Scope, call: Call, progress: &mut Progress) -> Result<(), CloudError> {
        run::run(aws, scope, call, progress).await
    }

    async fn settle(aws: &Aws, scope: &Scope, call: &Call, progress: &mut Progress) -> Result<(), CloudError> {
        run::settle(aws, scope, call, progress).await
    }
}
