//! Which image (AMI) an instance is made of, and whether there is a newer one.
//!
//! A file may name an SSM parameter whose value is the id of the latest image of a kind. That the latest image is not the one that
//! runs is told, but no difference. That the file names another parameter, or another id, is one. So that the two can be told apart, an
//! instance is tagged with what the file said when it was made ([`TAG`]).
//!
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-systems-manager-parameter-to-find-AMI.html>

use std::collections::{BTreeSet, HashMap};

use futures::future::try_join_all;
use provision_config::unknown;
use provision_reconciler::{CloudError, ErrorClass, Target};

use super::spec::InstanceSpec;
use crate::Aws;
use crate::aws::Clients;
use crate::ec2::filter;

pub(super) const PARAMETERS: &str = "ssm:GetParameters";
pub(super) const IMAGES: &str = "ec2:DescribeImages";

/// The tag that keeps the `image_id` of the file that an instance was made from.
pub(super) const TAG: &str = "provision:image";

/// How EC2 is told to look an image up.
const QUERY: &str = "resolve:ssm:";

/// The most names that one `GetParameters` takes.
const MOST_NAMES: usize = 10;

/// The SSM parameter that an `image_id` names, if it does.
pub(super) fn parameter(image_id: &str) -> Option<&str> {
    image_id.strip_prefix(QUERY)
}

/// The latest images, by parameter; a parameter that does not exist is not there.
pub(super) type Latest = HashMap<String, String>;

/// The latest image of every parameter that these targets name: a call for each ten of them.
///
/// # Errors
/// What SSM reports, or that a parameter's value is no image.
pub(super) async fn latest(
    aws: &Aws,
    clients: &Clients,
    targets: &[Target<InstanceSpec>],
) -> Result<Latest, CloudError> {
    let desired = targets.iter().filter_map(|target| target.desired.as_ref());
    let names = desired.filter_map(|desired| parameter(&desired.image_id)).filter(|name| !unknown::is_unknown(name));
    resolve(aws, clients, &names.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()).await
}

async fn resolve(aws: &Aws, clients: &Clients, names: &[&str]) -> Result<Latest, CloudError> {
    let calls = names.chunks(MOST_NAMES).map(|names| async move {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        aws.call(PARAMETERS, clients.ssm().get_parameters().set_names(Some(names)).send()).await
    });
    let mut latest = Latest::new();
    for parameter in try_join_all(calls).await?.iter().flat_map(|answer| answer.parameters()) {
        let selector = parameter.selector().unwrap_or_default();
        let value = parameter.value().unwrap_or_default();
        // A parameter that others share is named by its ARN; a version or a label of one by its selector, `:3`.
        for name in [parameter.name(), parameter.arn()].into_iter().flatten() {
            let name = format!("{name}{selector}");
            if names.contains(&name.as_str()) {
                latest.insert(name.clone(), image(&name, value)?);
            }
        }
    }
    Ok(latest)
}

fn image(name: &str, value: &str) -> Result<String, CloudError> {
    if value.starts_with("ami-") {
        return Ok(value.to_owned());
    }
    let message = format!("the value of {name} is not the id of an image");
    let hint = "name a parameter that is; `aws ssm get-parameters-by-path --path /aws/service/ami-amazon-linux-latest` lists some";
    Err(CloudError::new(PARAMETERS, ErrorClass::Refused, message).with_hint(hint))
}

/// Where a live instance's image stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// The `image_id` in the form of the file: the file's own, if it is satisfied.
    pub image_id: String,
    /// The id of a newer image; empty if there is none.
    pub newer: String,
}

/// Compares the image that runs with what the file asks for. `tag` is what the file said when the instance was made.
///
/// # Errors
/// If the file names a parameter that does not exist: taken for another image, it would have the instance deleted before that
/// is noticed.
pub(super) fn standing(
    running: &str,
    tag: Option<&str>,
    desired: Option<&InstanceSpec>,
    latest: &Latest,
) -> Result<Standing, CloudError> {
    let standing = |image_id: &str, newer: &str| Standing { image_id: image_id.to_owned(), newer: newer.to_owned() };
    let Some((desired, name)) = desired.and_then(|desired| Some((desired, parameter(&desired.image_id)?))) else {
        return Ok(standing(running, ""));
    };
    let image_id = desired.image_id.as_str();
    match latest.get(name) {
        Some(latest) if latest == running => Ok(standing(image_id, "")),
        Some(latest) if desired.replace_on_new_image => Ok(standing(running, latest)),
        // Made by hand, or by a version that did not tag: any image will do.
        Some(latest) => Ok(standing(tag.unwrap_or(image_id), latest)),
        // AWS retires a parameter some time after its images.
        None if tag == Some(image_id) || unknown::is_unknown(name) => Ok(standing(image_id, "")),
        None => Err(missing(name)),
    }
}

fn missing(name: &str) -> CloudError {
    CloudError::new(PARAMETERS, ErrorClass::Refused, format!("there is no parameter {name} in this region"))
        .with_hint("correct the name in `image_id`; `aws ssm get-parameters-by-path --path /aws/service/ami-amazon-linux-latest` lists some")
}

/// An image to make an instance of.
#[derive(Debug)]
pub(super) struct Image {
    /// Its id.
    pub id: String,
    /// The device of its root volume.
    pub root_device_name: String,
}

/// Finds the image that an `image_id` names, and what its root device is called, for the root volume's settings go by that name.
///
/// # Errors
/// What AWS reports, or that there is no such image.
pub(super) async fn find(aws: &Aws, clients: &Clients, image_id: &str) -> Result<Image, CloudError> {
    let id = match parameter(image_id) {
        Some(name) => resolve(aws, clients, &[name]).await?.get(name).cloned().ok_or_else(|| missing(name))?,
        None => image_id.to_owned(),
    };
    let request = clients.ec2().describe_images().filters(filter("image-id", [&id]));
    let answer = aws.call(IMAGES, request.send()).await?;
    let Some(image) = answer.images().first() else {
        let message = format!("there is no image {id} in this region that this account may use");
        let hint = "image ids differ from region to region; name the one of this region, or an SSM parameter";
        return Err(CloudError::new(IMAGES, ErrorClass::Refused, message).with_hint(hint));
    };
    match image.root_device_name() {
        Some(device) => Ok(Image { id, root_device_name: device.to_owned() }),
        None => Err(CloudError::new(IMAGES, ErrorClass::Refused, format!("the image {id} has no root device"))
            .with_hint("choose an image that boots from EBS")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ec2_instance::Ec2Instance;
    use crate::testing::spec;

    const QUERY: &str = "resolve:ssm:/latest";

    fn look(running: &str, tag: Option<&str>, desired: &str, replace: bool, latest: Option<&str>) -> String {
        let desired = spec::<Ec2Instance>(json!({
            "image_id": desired, "instance_type": "t3.micro", "subnet_id": "subnet-1", "security_group_ids": ["sg-1"],
            "replace_on_new_image": replace,
        }));
        let latest = latest.map(|latest| ("/latest".to_owned(), latest.to_owned())).into_iter().collect();
        match standing(running, tag, Some(&desired), &latest) {
            Ok(Standing { image_id, newer }) => format!("{image_id} {newer}"),
            Err(error) => error.message,
        }
    }

    #[test]
    fn a_newer_image_is_told_and_is_a_difference_only_where_that_is_asked_for() {
        for (running, tag, desired, replace, latest, expected) in [
            ("ami-1", Some(QUERY), QUERY, false, Some("ami-1"), "resolve:ssm:/latest "),
            ("ami-1", Some(QUERY), QUERY, false, Some("ami-2"), "resolve:ssm:/latest ami-2"),
            ("ami-1", Some(QUERY), QUERY, true, Some("ami-2"), "ami-1 ami-2"),
            ("ami-1", Some(QUERY), QUERY, true, Some("ami-1"), "resolve:ssm:/latest "),
            // Made from something else: the file asks for another kind of image.
            ("ami-1", Some("resolve:ssm:/other"), QUERY, false, Some("ami-2"), "resolve:ssm:/other ami-2"),
            ("ami-1", Some("ami-1"), QUERY, false, Some("ami-2"), "ami-1 ami-2"),
            // The same image under another name.
            ("ami-1", Some("ami-1"), QUERY, false, Some("ami-1"), "resolve:ssm:/latest "),
            // Not made by this program.
            ("ami-1", None, QUERY, false, Some("ami-2"), "resolve:ssm:/latest ami-2"),
            // An id is that image and no other.
            ("ami-1", Some(QUERY), "ami-2", false, None, "ami-1 "),
            ("ami-1", Some(QUERY), "ami-1", false, None, "ami-1 "),
            // A parameter that is there no more, and one that never was.
            ("ami-1", Some(QUERY), QUERY, true, None, "resolve:ssm:/latest "),
            ("ami-1", Some("ami-1"), QUERY, false, None, "there is no parameter /latest in this region"),
        ] {
            let about = format!("{running} {tag:?} {desired} {replace} {latest:?}");
            assert_eq!(look(running, tag, desired, replace, latest), expected, "{about}");
        }
    }
}
