//! The IPv4 blocks that a VPC or a subnet can have.

use std::net::Ipv4Addr;
use std::ops::RangeInclusive;

use provision_config::unknown;
use provision_reconciler::Problem;

/// What is wrong with the block of a VPC or a subnet: it must be IPv4 and neither larger than /16 nor smaller than /28. That it is
/// a block at all and has no bits set beyond its prefix is checked by its format.
///
/// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html>
pub(crate) fn problem(pointer: &str, block: &str) -> Option<Problem> {
    if unknown::is_unknown(block) {
        return None;
    }
    let (address, prefix) = block.split_once('/')?;
    if address.parse::<Ipv4Addr>().is_err() {
        let problem = Problem::new(pointer, "the block must be an IPv4 one");
        return Some(problem.help("write one as in `10.0.0.0/16`"));
    }
    let prefix: u8 = prefix.parse().ok()?;
    let (size, help) = match prefix {
        0..16 => ("large", "the largest is /16, which has 65,536 addresses"),
        16..=28 => return None,
        _ => ("small", "the smallest is /28, which has 16 addresses, 5 of them AWS's own"),
    };
    Some(Problem::new(pointer, format!("a block of /{prefix} is too {size}")).help(help))
}

/// Whether two blocks have no address in common, as far as that is known.
pub(crate) fn are_apart(one: &str, other: &str) -> bool {
    let range = |block: &str| -> Option<RangeInclusive<u32>> {
        let (address, prefix) = block.split_once('/')?;
        let address = address.parse::<Ipv4Addr>().ok()?.to_bits();
        let hosts = u32::MAX.checked_shr(prefix.parse().ok()?).unwrap_or_default();
        Some(address & !hosts..=address | hosts)
    };
    match (range(one), range(other)) {
        (Some(one), Some(other)) => one.end() < other.start() || other.end() < one.start(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_that_aws_refuses_are_refused() {
        for good in ["10.0.0.0/16", "10.0.0.0/28", "192.168.0.0/20"] {
            assert_eq!(problem("/cidr_block", good), None, "{good}");
        }
        for (block, message) in [
            ("10.0.0.0/8", "a block of /8 is too large"),
            ("10.0.0.0/29", "a block of /29 is too small"),
            ("2001:db8::/56", "the block must be an IPv4 one"),
        ] {
            assert_eq!(problem("/cidr_block", block).map(|problem| problem.message).as_deref(), Some(message));
        }
        let mark = format!("{}10{}", unknown::OPEN, unknown::CLOSE);
        assert_eq!(problem("/cidr_block", &mark), None);
    }

    #[test]
    fn blocks_that_share_an_address_are_not_apart() {
        for (one, other, apart) in [
            ("10.0.0.0/24", "10.0.1.0/24", true),
            ("10.0.0.0/24", "10.0.0.0/24", false),
            ("10.0.0.0/16", "10.0.1.0/24", false),
            ("10.0.1.0/24", "10.0.0.0/16", false),
            ("0.0.0.0/0", "10.0.0.0/16", false),
            ("10.0.0.1/32", "10.0.0.2/32", true),
            ("somewhere", "10.0.0.0/24", false),
        ] {
            assert_eq!(are_apart(one, other), apart, "{one} {other}");
        }
    }
}
