//! Smithy's RPC v2 (CloudWatch): the path names the operation, the body is CBOR.
//!
//! <https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html>

use super::{Operation, Request};

pub(super) fn recognise(request: &Request<'_>) -> Option<Operation> {
    let parts: Vec<_> = request.path().split('/').collect();
    let ["service", _, "operation", name] = parts.as_slice() else { return None };
    // A bucket may be called "service".
    request.header("smithy-protocol")?;
    Some(Operation { name: (*name).to_owned(), ..Operation::default() })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{signed, told};

    #[test]
    fn the_path_names_the_operation() {
        let path = "/service/GraniteServiceVersion20100801/operation/PutMetricAlarm";
        let signature = signed("monitoring");
        let headers = [("authorization", signature.as_str()), ("smithy-protocol", "rpc-v2-cbor")];
        assert_eq!(told("POST", path, &headers, ""), "PutMetricAlarm! cloudwatch:PutMetricAlarm");
        assert_eq!(
            told("GET", path, &[], ""),
            "GetObject s3:GetObject service/GraniteServiceVersion20100801/operation/PutMetricAlarm"
        );
    }
}
