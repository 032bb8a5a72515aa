//! Who comes: four of ten pay from their balance, four from their card, one moves money in and out, one keeps a shop.

use crate::people::{join, move_money, pay_from_balance, pay_from_card};
use crate::plan::Plan;
use crate::shops::{keep_shop, open_shops};
use goose::config::GooseConfiguration;
use goose::metrics::GooseCoordinatedOmissionMitigation;
use goose::prelude::{
    GooseAttack, GooseDefault, GooseDefaultType as _, GooseError, Scenario, Transaction, transaction,
};

/// The load of a plan on a wallet.
pub(crate) fn attack(plan: &Plan, url: &str) -> Result<GooseAttack, Box<GooseError>> {
    let mut config = GooseConfiguration::default();
    config.host = Some(url.to_owned());
    // What was left out is corrected here, by kind and with the pace of each person (`Times::add_corrected`).
    config.co_mitigation = Some(GooseCoordinatedOmissionMitigation::Disabled);
    // Two runs on one machine would meet at its port.
    config.no_telnet = true;
    config.no_print_metrics = true;
    config.quiet = 1;
    let scenario = |name: &str, does: Transaction, weight| {
        let joins = transaction!(join).set_name("join").set_on_start();
        Scenario::new(name)
            .set_weight(weight)
            .map(|new| new.register_transaction(joins).register_transaction(does))
    };
    let boxed = |error: GooseError| Box::new(error);
    let pays = transaction!(pay_from_balance).set_name("pay from a balance");
    let pays_by_card = transaction!(pay_from_card).set_name("pay from a card");
    let steps: Vec<String> =
        plan.steps().iter().map(|(people, seconds)| format!("{people},{seconds}s")).collect();
    Ok(GooseAttack::initialize_with_config(config)
        .map_err(boxed)?
        .set_default(GooseDefault::TestPlan, steps.join(";").as_str())
        .map_err(boxed)?
        .test_start(transaction!(open_shops))
        .register_scenario(scenario("pays from a balance", pays, 4).map_err(boxed)?)
        .register_scenario(scenario("pays from a card", pays_by_card, 4).map_err(boxed)?)
        .register_scenario(
            scenario("moves money", transaction!(move_money).set_name("move money"), 1).map_err(boxed)?,
        )
        .register_scenario(
            scenario("keeps a shop", transaction!(keep_shop).set_name("keep a shop"), 1).map_err(boxed)?,
        ))
}
