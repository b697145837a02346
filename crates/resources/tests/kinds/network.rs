//! A VPC to put things into, made by plain calls, and AWS as a server that says what EC2 says.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{AttributeBooleanValue, DomainType};

use crate::driver::Driver;

/// A VPC, 10.0.0.0/16.
pub struct Network {
    pub ec2: Client,
    pub vpc: String,
}

impl Network {
    pub async fn new(driver: &Driver) -> Self {
        let ec2 = driver.aws.region("us-east-1").await.ec2().clone();
        let made = ec2.create_vpc().cidr_block("10.0.0.0/16").send().await.unwrap();
        let vpc = made.vpc.unwrap().vpc_id.unwrap();
        let on = AttributeBooleanValue::builder().value(true).build();
        ec2.modify_vpc_attribute().vpc_id(&vpc).enable_dns_hostnames(on).send().await.unwrap();
        Self { ec2, vpc }
    }

    /// The subnet 10.0.NUMBER.0/24.
    pub async fn subnet(&self, number: u8) -> String {
        let request = self.ec2.create_subnet().vpc_id(&self.vpc).cidr_block(format!("10.0.{number}.0/24"));
        request.send().await.unwrap().subnet.unwrap().subnet_id.unwrap()
    }

    /// An internet gateway that is attached.
    pub async fn internet_gateway(&self) -> String {
        let made = self.ec2.create_internet_gateway().send().await.unwrap();
        let id = made.internet_gateway.unwrap().internet_gateway_id.unwrap();
        self.ec2.attach_internet_gateway().internet_gateway_id(&id).vpc_id(&self.vpc).send().await.unwrap();
        id
    }

    /// An Elastic IP address.
    pub async fn address(&self) -> String {
        self.ec2.allocate_address().domain(DomainType::Vpc).send().await.unwrap().allocation_id.unwrap()
    }

    /// A route table that nobody manages.
    pub async fn route_table(&self) -> String {
        let made = self.ec2.create_route_table().vpc_id(&self.vpc).send().await.unwrap();
        made.route_table.unwrap().route_table_id.unwrap()
    }

    /// A security group.
    pub async fn security_group(&self, name: &str) -> String {
        let request = self.ec2.create_security_group().vpc_id(&self.vpc).group_name(name).description(name);
        request.send().await.unwrap().group_id.unwrap()
    }

    /// A network interface in a subnet.
    pub async fn interface(&self, subnet: &str) -> String {
        let made = self.ec2.create_network_interface().subnet_id(subnet).send().await.unwrap();
        made.network_interface.unwrap().network_interface_id.unwrap()
    }

    /// Which route table a subnet is associated with.
    pub async fn table_of(&self, subnet: &str) -> Option<String> {
        let tables = self.ec2.describe_route_tables().send().await.unwrap().route_tables.unwrap_or_default();
        let mut associations = tables.into_iter().flat_map(|table| table.associations.unwrap_or_default());
        associations.find(|one| one.subnet_id() == Some(subnet))?.route_table_id
    }
}

/// An error as EC2 answers it.
pub fn refusal(code: &str, message: &str) -> (u16, &'static str) {
    let body = format!(
        "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>\
         <RequestID>1</RequestID></Response>"
    );
    (400, Box::leak(body.into_boxed_str()))
}

/// What EC2 answers to `operation`.
pub fn answer(operation: &str, body: &str) -> (u16, &'static str) {
    let body = format!("<{operation}Response>{body}</{operation}Response>");
    (200, Box::leak(body.into_boxed_str()))
}

/// Several answers, in turn.
pub fn answers(all: &[(u16, &'static str)]) -> &'static [(u16, &'static str)] {
    Box::leak(all.to_vec().into_boxed_slice())
}
