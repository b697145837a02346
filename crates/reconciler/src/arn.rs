//! Amazon Resource Names, and the forms that they have.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>

/// How many parts an ARN has; the last one may contain colons.
const PARTS: usize = 6;

/// What the last variable of a form stands for in an ARN, if the ARN has that form.
///
/// A form is written as in AWS's Service Authorization Reference: `arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}`. Its last
/// variable, with which it ends, stands for everything up to the end; of the others, partition, region and account, it
/// does not matter what they stand for.
pub fn name_in<'a>(form: &str, arn: &'a str) -> Option<&'a str> {
    let (form, arn) = (parts(form)?, parts(arn)?);
    let fixed = form[..PARTS - 1].iter().zip(&arn[..PARTS - 1]);
    let is_same = |(form, part): (&&str, &&str)| form.starts_with("${") || form == part;
    if !fixed.into_iter().all(is_same) {
        return None;
    }
    let prefix = form[PARTS - 1].split("${").next().unwrap_or_default();
    arn[PARTS - 1].strip_prefix(prefix).filter(|name| !name.is_empty())
}

/// The region in an ARN; empty in those that name none.
pub fn region(arn: &str) -> &str {
    parts(arn).map_or("", |parts| parts[3])
}

fn parts(arn: &str) -> Option<Vec<&str>> {
    let parts: Vec<&str> = arn.splitn(PARTS, ':').collect();
    (parts.len() == PARTS && parts[0] == "arn").then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_tells_the_name_in_an_arn() {
        let key = "arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}";
        let bucket = "arn:${Partition}:s3:::${BucketName}";
        let group = "arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}";
        for (form, arn, name) in [
            (key, "arn:aws:kms:us-east-1:123456789012:key/mrk-1", Some("mrk-1")),
            (key, "arn:aws-cn:kms:cn-north-1:123456789012:key/1", Some("1")),
            (key, "arn:aws:kms:us-east-1:123456789012:alias/a", None),
            (key, "arn:aws:s3:us-east-1:123456789012:key/1", None),
            (key, "key/1", None),
            (bucket, "arn:aws:s3:::data", Some("data")),
            // That of an access point, which is no bucket.
            (bucket, "arn:aws:s3:us-east-1:123456789012:accesspoint/data", None),
            (group, "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/f", Some("/aws/lambda/f")),
        ] {
            assert_eq!(name_in(form, arn), name, "{arn}");
        }
        assert_eq!(region("arn:aws:kms:us-east-1:123456789012:key/1"), "us-east-1");
        assert_eq!(region("arn:aws:s3:::data"), "");
    }
}
