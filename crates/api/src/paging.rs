//! Pages of lists, newest first.

use crate::answer::Refused;
use crate::strict::read_query;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use makegood_base::limits::PAGE_ROWS_MAX;
use makegood_wallet::texts::{Format, Reason};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fmt::Display;
use std::str::FromStr;

const PAGE_ROWS_DEFAULT: u32 = 20;

/// The parameters behind the `?`, read as strictly as a body: unknown and doubled ones are refused.
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        read_query(&parts.uri).map(Self)
    }
}

/// Which page of a list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Page {
    /// How many rows, 1 to 100.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub(crate) limit: Option<i64>,
    /// The `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
}

impl Page {
    /// How many rows.
    pub(crate) fn limit(&self) -> Result<u32, Refused> {
        let bounds = Reason::OutOfRange { minimum: 1, maximum: PAGE_ROWS_MAX.into() };
        let limit = self.limit.map_or(Ok(PAGE_ROWS_DEFAULT), u32::try_from).ok();
        let taken = limit.filter(|limit| (1..=PAGE_ROWS_MAX).contains(limit));
        taken.ok_or_else(|| Refused::invalid("limit", bounds))
    }

    /// Behind what the page begins.
    pub(crate) fn before<I: FromStr>(&self) -> Result<Option<I>, Refused> {
        let wrong = || Refused::invalid("cursor", Reason::WrongFormat { expected: Format::Cursor });
        let parse = |text: &String| text.parse().map_err(|_| wrong());
        self.cursor.as_ref().map(parse).transpose()
    }

    /// The cursor of the page behind these rows; none when they do not fill their page.
    pub(crate) fn next<I: Display>(
        &self,
        ids: impl ExactSizeIterator<Item = I>,
    ) -> Result<Option<String>, Refused> {
        let is_full = ids.len() >= usize::try_from(self.limit()?).unwrap_or(usize::MAX);
        Ok(if is_full { ids.last().map(|id| id.to_string()) } else { None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use makegood_base::OrderId;

    fn page(query: &str) -> Result<Page, Refused> {
        let request = axum::http::Request::builder().uri(format!("/x?{query}")).body(()).unwrap();
        let (mut parts, ()) = request.into_parts();
        let found =
            futures_util::FutureExt::now_or_never(Params::<Page>::from_request_parts(&mut parts, &()));
        found.unwrap().map(|Params(page)| page)
    }

    #[test]
    fn pages_have_bounds() {
        for (query, expected) in [
            ("", Some(20)),
            ("limit=1", Some(1)),
            ("limit=100", Some(100)),
            ("limit=0", None),
            ("limit=101", None),
            ("limit=-1", None),
            ("limit=x", None),
            ("limit=1&limit=2", None),
            ("offset=3", None),
        ] {
            assert_eq!(page(query).and_then(|page| page.limit()).ok(), expected, "{query}");
        }
    }

    #[test]
    fn a_limit_below_zero_is_refused_like_zero() {
        let refused = |query| page(query).and_then(|page| page.limit()).unwrap_err();
        for query in ["limit=-1", "limit=4294967296"] {
            assert_eq!(refused(query), refused("limit=0"), "{query}");
        }
    }

    #[test]
    fn a_cursor_is_the_last_row_of_a_full_page() {
        let ids = [OrderId::from_raw([2; 16]), OrderId::from_raw([1; 16])];
        let next = page("limit=2").unwrap().next(ids.iter()).unwrap().unwrap();
        assert_eq!(page(&format!("cursor={next}")).unwrap().before(), Ok(Some(ids[1])));
        assert_eq!(page("limit=3").unwrap().next(ids.iter()).unwrap(), None);
        assert_eq!(page("").unwrap().before::<OrderId>(), Ok(None));
        assert!(page("cursor=pay_1").unwrap().before::<OrderId>().is_err());
    }
}
