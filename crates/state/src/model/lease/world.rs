//! What is in the model of the lock: the ages and versions in it, and who holds it.

use super::*;

impl World {
    pub(super) fn fresh(&self) -> u8 {
        let mut highest = self.item.map_or(0, |item| item.version);
        let mut see = |version: &mut u8| highest = highest.max(*version);
        for mut contender in self.contenders.clone() {
            contender.each_version(&mut see);
        }
        for (_, mut item, expected) in self.flying.clone() {
            see(&mut item.version);
            expected.iter().copied().for_each(|mut version| see(&mut version));
        }
        highest + 1
    }

    /// Contenders are alike: it does not matter which of them is where.
    pub(super) fn sort(&mut self) {
        let mut order: Vec<usize> = (0..self.contenders.len()).collect();
        order.sort_by(|one, other| self.contenders[*one].cmp(&self.contenders[*other]));
        self.contenders = order.iter().map(|who| self.contenders[*who].clone()).collect();
        let place = |who: usize| order.iter().position(|old| *old == who).unwrap_or(who);
        self.flying = self.flying.iter().map(|(who, item, expected)| (place(*who), *item, *expected)).collect();
    }

    pub(super) fn older(&self, lease: u8) -> Self {
        let mut world = self.clone();
        let older = |age: &mut u8| *age = (*age + 1).min(lease);
        for contender in &mut world.contenders {
            match &mut contender.doing {
                Doing::Nothing => {}
                Doing::Reading(wanting) | Doing::Read(wanting, _) => {
                    wanting.watched.iter_mut().for_each(|it| older(&mut it.1))
                }
                Doing::Acquiring(wanting, write) => {
                    wanting.watched.iter_mut().for_each(|it| older(&mut it.1));
                    older(&mut write.age);
                }
                Doing::Holding { age, sent, renewing, stage, .. } => {
                    older(age);
                    if let Stage::Waiting(waited) = stage {
                        older(waited);
                    }
                    sent.iter_mut().for_each(|it| older(&mut it.1));
                    renewing.iter_mut().for_each(|it| older(&mut it.age));
                }
                Doing::Releasing { age, write, .. } => {
                    older(age);
                    older(&mut write.age);
                }
            }
        }
        world
    }
}

impl Contender {
    pub(super) fn has_claimed(&self) -> bool {
        matches!(self.doing, Doing::Holding { stage: Stage::Claimed, .. })
    }

    /// The item under which it holds the lock, by its own reckoning, and the state if there is one.
    pub(super) fn valid(&self, lock: &Lock) -> Option<Item> {
        match &self.doing {
            Doing::Holding { item, age, stage: Stage::Claimed, .. }
                if !is_over(TICK * u32::from(*age), lock.ticks()) =>
            {
                Some(*item)
            }
            _ => None,
        }
    }

    pub(super) fn each_version(&mut self, see: &mut dyn FnMut(&mut u8)) {
        let wanting = |wanting: &mut Wanting, see: &mut dyn FnMut(&mut u8)| {
            wanting.watched.iter_mut().for_each(|it| see(&mut it.0));
            wanting.ours.iter_mut().for_each(&mut *see);
        };
        let write = |write: &mut Write, see: &mut dyn FnMut(&mut u8)| {
            see(&mut write.item.version);
            write.condition.iter_mut().for_each(&mut *see);
        };
        match &mut self.doing {
            Doing::Nothing => {}
            Doing::Reading(it) => wanting(it, see),
            Doing::Read(it, item) => {
                wanting(it, see);
                item.iter_mut().for_each(|item| see(&mut item.version));
            }
            Doing::Acquiring(it, sent) => {
                wanting(it, see);
                write(sent, see);
            }
            Doing::Holding { item, sent, renewing, .. } => {
                see(&mut item.version);
                sent.iter_mut().for_each(|it| see(&mut it.0.version));
                renewing.iter_mut().for_each(|it| write(it, see));
            }
            Doing::Releasing { item, sent, write: it, .. } => {
                see(&mut item.version);
                sent.iter_mut().for_each(|item| see(&mut item.version));
                write(it, see);
            }
        }
    }
}
