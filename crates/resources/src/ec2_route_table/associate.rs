//! Which route table a subnet goes by.

use aws_sdk_ec2::Client;
use provision_reconciler::{CloudError, ErrorClass, Notes};

use super::read::{describe, is_on};
use crate::Aws;
use crate::ec2::{filter, patiently};

/// A subnet's association with a route table.
struct Association {
    id: String,
    table: String,
}

/// The subnet's association, if it has one of its own and does not go by the VPC's main route table.
async fn present(aws: &Aws, client: &Client, subnet: &str) -> Result<Option<Association>, CloudError> {
    let tables = describe(aws, client, vec![filter("association.subnet-id", [subnet])]).await?;
    let associations = tables.into_iter().flat_map(|table| table.associations.unwrap_or_default());
    let mut its = associations.filter(|one| one.subnet_id() == Some(subnet) && is_on(one));
    Ok(its.find_map(|one| Some(Association { id: one.route_table_association_id?, table: one.route_table_id? })))
}

/// Has a subnet go by a table, whatever it goes by now. One that is taken over from another table is never without routes on the
/// way, as it would be if it were disassociated first.
///
/// Another table's own change may be giving the subnet up at the same time, so what was read a moment ago may be untrue: then
/// everything is tried again, from the reading on.
pub(super) async fn associate(
    aws: &Aws,
    client: &Client,
    table: &str,
    subnet: &str,
    notes: &Notes,
) -> Result<(), CloudError> {
    let moved = |error: &CloudError| error.code.as_deref() == Some("Resource.AlreadyAssociated");
    patiently(notes, moved, || async {
        match present(aws, client, subnet).await? {
            Some(association) if association.table == table => Ok(()),
            Some(association) => {
                notes.say(&format!("{subnet} is taken over from {}", association.table));
                let request =
                    client.replace_route_table_association().association_id(association.id).route_table_id(table);
                aws.call("ec2:ReplaceRouteTableAssociation", request.send()).await.map(drop)
            }
            None => {
                let request = client.associate_route_table().subnet_id(subnet).route_table_id(table);
                aws.call("ec2:AssociateRouteTable", request.send()).await.map(drop)
            }
        }
    })
    .await
}

/// Has a subnet go by the VPC's main route table, unless another table has taken it over.
pub(super) async fn disassociate(
    aws: &Aws,
    client: &Client,
    table: &str,
    subnet: &str,
    notes: &Notes,
) -> Result<(), CloudError> {
    let Some(association) = present(aws, client, subnet).await?.filter(|one| one.table == table) else {
        return Ok(());
    };
    let disassociated = patiently(
        notes,
        |_| false,
        || async {
            let request = client.disassociate_route_table().association_id(&association.id);
            match aws.call("ec2:DisassociateRouteTable", request.send()).await {
                // Taken over, or gone, in this very moment.
                Err(error) if error.class == ErrorClass::NotFound => Ok(()),
                answer => answer.map(drop),
            }
        },
    );
    disassociated.await
}
