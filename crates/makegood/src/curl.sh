URL=http://127.0.0.1:8080 N=$(date +%s) JSON='Content-Type: application/json'
id_of() { tee >(cat >&2) | grep -o "$1_[0-9a-z]\{26\}" | head -n 1; }
curl -sSw '\n' $URL/v1/users -H "$JSON" -d '{"login":"li.wei.'$N'@example.com","password":"grey-kettle-tram-41","display_name":"Li Wei"}'
ME="Authorization: Bearer $(curl -sS $URL/v1/sessions -H "$JSON" -d '{"login":"li.wei.'$N'@example.com","password":"grey-kettle-tram-41"}' | sed 's/.*"token":"\([^"]*\)".*/\1/')"
CARD=$(curl -sSw '\n' $URL/v1/me/bank-cards -H "$ME" -H "$JSON" -d '{"bank":"simbank","number":"6222000000001114","holder_name":"Li Wei"}' | id_of crd)
curl -sSw '\n' $URL/v1/me/bank-cards/$CARD/confirm -H "$ME" -H "$JSON" -d '{"code":"123456"}'
TOP_UP=$(curl -sSw '\n' $URL/v1/top-ups -H "$ME" -H "$JSON" -H "Idempotency-Key: top-up-$N" -d '{"amount":{"amount":"200.00","currency":"CNY"},"bank_card":"'$CARD'"}' | id_of top)
curl -sSw '\n' "$URL/v1/top-ups/$TOP_UP?wait=10" -H "$ME"
SHOP=$(curl -sSw '\n' $URL/v1/merchants -H "$ME" -H "$JSON" -d '{"name":"Corner Tea House"}' | id_of mch)
ORDER=$(curl -sSw '\n' $URL/v1/orders -H "$ME" -H "$JSON" -d '{"merchant_order_no":"A-'$N'","amount":{"amount":"36.50","currency":"CNY"},"description":"Oolong and two cups"}' | id_of ord)
curl -sSw '\n' $URL/v1/payments -H "$ME" -H "$JSON" -H "Idempotency-Key: pay-a-$N" -d '{"order":"'$ORDER'","source":{"type":"balance"},"expect":{"amount":{"amount":"36.50","currency":"CNY"},"payee":"'$SHOP'"}}'
ORDER=$(curl -sSw '\n' $URL/v1/orders -H "$ME" -H "$JSON" -d '{"merchant_order_no":"B-'$N'","amount":{"amount":"88.00","currency":"CNY"},"description":"A tea pot"}' | id_of ord)
PAYMENT=$(curl -sSw '\n' $URL/v1/payments -H "$ME" -H "$JSON" -H "Idempotency-Key: pay-b-$N" -d '{"order":"'$ORDER'","source":{"type":"bank_card","id":"'$CARD'"},"expect":{"amount":{"amount":"88.00","currency":"CNY"},"payee":"'$SHOP'"}}' | id_of pay)
curl -sSw '\n' "$URL/v1/payments/$PAYMENT?wait=10" -H "$ME"
curl -sSw '\n' $URL/v1/payments/$PAYMENT/trace -H "$ME"
curl -sSw '\n' $URL/v1/payments/$PAYMENT/refunds -H "$ME" -H "$JSON" -H "Idempotency-Key: refund-part-$N" -d '{"amount":{"amount":"8.00","currency":"CNY"},"reason":"The lid is chipped"}'
curl -sSw '\n' $URL/v1/payments/$PAYMENT/refunds -H "$ME" -H "$JSON" -H "Idempotency-Key: refund-rest-$N" -d '{"reason":"Sent back"}'
curl -sSw '\n' $URL/v1/me/balances -H "$ME"
curl -sSw '\n' $URL/v1/me/transactions -H "$ME"
curl -sSw '\n' $URL/v1/merchants/$SHOP/balances -H "$ME"
