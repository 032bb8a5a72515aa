//! What all requests share.

use crate::Limits;
use crate::answer::{Answer, Refused};
use crate::context::Context;
use crate::fields;
use crate::limiter::Limiter;
use crate::places::Places;
use axum::http::Method;
use makegood_app::App;
use makegood_base::{IdSeed, Ids, MerchantId, RawId};
use makegood_store::Store as _;
use makegood_wallet::tables::{LookupKey, LookupKind};
use makegood_wallet::texts::Reason;
use makegood_wallet::{Actor, Caller, Code, Command, Facts, Needs, Query, Stop};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

/// The state of the router.
pub(crate) type Api = Arc<Shared>;

pub(crate) struct Shared {
    pub(crate) app: App,
    pub(crate) limits: Limits,
    /// The methods that ask for a token, by route.
    closed: HashMap<String, Vec<Method>>,
    /// Who waits for how much.
    pub(crate) places: Places,
    per_address: Limiter,
    per_login_and_address: Limiter,
    per_login: Limiter,
}

impl Shared {
    pub(crate) fn new(app: App, limits: Limits, closed: HashMap<String, Vec<Method>>) -> Self {
        Self {
            app,
            limits,
            closed,
            places: Places::new(limits.waits_per_caller),
            per_address: Limiter::new(limits.per_address),
            per_login_and_address: Limiter::new(limits.per_login_and_address),
            per_login: Limiter::new(limits.per_login),
        }
    }

    /// Whether a route does not look at a request of this method unless it comes with a token.
    pub(crate) fn asks_for_token(&self, method: &Method, route: &str) -> bool {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.closed.get(route).is_some_and(|methods| methods.contains(method))
    }

    /// A fresh id, that no command makes too.
    pub(crate) fn make_id<I: From<makegood_base::RawId>>(&self) -> I {
        Ids::new(self.draw_seed()).make()
    }

    pub(crate) fn draw_seed(&self) -> IdSeed {
        IdSeed::draw(self.app.clock().now(), self.app.entropy())
    }

    /// Runs a command.
    pub(crate) async fn submit(&self, command: Command) -> Answer {
        Answer(self.app.submit(command).await)
    }

    /// Answers a query.
    pub(crate) async fn query(&self, context: &Context, query: Query) -> Result<Answer, Refused> {
        let caller = context.caller()?;
        Ok(Answer(self.app.query(query, caller, context.language, context.request).await))
    }

    /// Reads rows as they are now.
    pub(crate) async fn read(&self, needs: Needs) -> Result<Facts, Refused> {
        self.app.store().read(None, &|_| needs.clone()).await.map_err(Refused::unreadable)
    }

    /// Finds out who asks, where a list or a bank has to know it before the wallet is asked. Refused is
    /// everybody who has not logged in.
    pub(crate) async fn actor(&self, context: &Context) -> Result<Actor, Refused> {
        let caller = context.caller()?;
        let mut needs = Needs::default();
        caller.require(&mut needs);
        let facts = self.app.read(caller, &|_| needs.clone()).await.map_err(Refused::unreadable)?;
        self.actor_in(caller, &facts)
    }

    /// Who a caller is whose row was read.
    pub(crate) fn actor_in(&self, caller: Caller, facts: &Facts) -> Result<Actor, Refused> {
        match Actor::of(caller, facts, self.app.clock().now()) {
            Ok(Actor::Anonymous) => Err(Code::AuthRequired.into()),
            Ok(actor) => Ok(actor),
            Err(Stop::Problem(problem)) => Err((*problem).into()),
            Err(_) => Err(Code::Internal.into()),
        }
    }

    /// The object that an owner's own reference leads to, if it is one that `takes` lets through; none or one.
    /// `field` is the parameter that names it, `need` asks for its row.
    pub(crate) async fn look_up<I: From<RawId> + Copy>(
        &self,
        kind: LookupKind,
        owner: RawId,
        (field, name): (&str, &str),
        need: fn(&mut Needs, I),
        takes: impl Fn(&Facts, I) -> bool,
    ) -> Result<Vec<I>, Refused> {
        let key = LookupKey { kind, owner, name: fields::reference(field, name)? };
        let target = |facts: &Facts| facts.lookups.peek(&key).map(|row| I::from(row.target));
        let needs = |facts: &Facts| {
            let mut needs = Needs { lookups: [key.clone()].into(), ..Needs::default() };
            if let Some(id) = target(facts) {
                need(&mut needs, id);
            }
            needs
        };
        let facts = self.app.store().read(None, &needs).await.map_err(Refused::unreadable)?;
        Ok(target(&facts).filter(|id| takes(&facts, *id)).into_iter().collect())
    }

    /// The merchant whose things are asked for: the API key's own, or the named one of the owner's. An owner
    /// of one merchant need not name it. Staff name any.
    pub(crate) async fn merchant(
        &self,
        actor: Actor,
        named: Option<MerchantId>,
    ) -> Result<MerchantId, Refused> {
        match (actor, named) {
            (Actor::Merchant(own), None) => Ok(own),
            (Actor::User(user), None) => {
                let owned = self.app.lists().merchants_of_owner(user, None, 2).await;
                match owned.map_err(Refused::unreadable)?.as_slice() {
                    [only] => Ok(*only),
                    _ => Err(Refused::invalid("merchant", Reason::MissingField)),
                }
            }
            (Actor::Staff(_), Some(named)) => Ok(named),
            (_, Some(named)) => {
                let facts = self.read(Needs { merchants: [named].into(), ..Needs::default() }).await?;
                let found = facts.merchants.peek(&named).filter(|merchant| actor.acts_for(merchant));
                found.map(|merchant| merchant.id).ok_or(Code::NotFound.into())
            }
            (_, None) => Err(Refused::invalid("merchant", Reason::MissingField)),
        }
    }

    /// Counts what makes the service hash a password for somebody at this address.
    pub(crate) fn count_hash(&self, address: IpAddr) -> Result<(), Refused> {
        let now = self.app.clock().now();
        self.per_address.check(&network(address), now).map_err(Refused::rate_limited)
    }

    /// Counts a guess at the secret of something: a login, or the code of a card.
    pub(crate) fn count_guess(&self, name: &str, address: IpAddr) -> Result<(), Refused> {
        let now = self.app.clock().now();
        self.per_login_and_address
            .check(&(name, network(address)), now)
            .and_then(|()| self.per_login.check(&name, now))
            .map_err(Refused::rate_limited)
    }
}

/// What counts as one address: of IPv6, the network that a single customer gets.
fn network(address: IpAddr) -> IpAddr {
    const HOST_BITS: u32 = 64;
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> HOST_BITS << HOST_BITS).into()),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_in_a_network_count_as_one() {
        for (address, expected) in [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2::1", "2001:db8:1:2::"),
        ] {
            let found = network(address.parse().unwrap());
            assert_eq!(found, expected.parse::<IpAddr>().unwrap(), "{address}");
        }
    }
}
