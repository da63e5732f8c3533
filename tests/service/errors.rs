//! Every refusal: its status, its code, its envelope, and the request's id in both places.

use crate::wire::{Answer, options, read, run};

fn is(answer: &Answer, status: u16, code: &str) {
    let body = answer.json();
    let error = &body["errors"][0]["error"];
    assert_eq!((answer.status, error["code"].as_str()), (status, Some(code)), "{answer:?}");
    assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()));
    assert!(error["details"].as_str().is_some_and(|text| !text.is_empty()));
    assert_eq!(body["errors"][0]["meta"]["type"], "error");
    assert_eq!(body["meta"]["type"], "errors_collection");
    assert!(body["meta"]["http_status"].as_str().unwrap().starts_with(&status.to_string()));
    assert_eq!(body["meta"]["logref"], answer.headers["x-request-id"].to_str().unwrap());
    assert!(body["meta"]["links"]["more_info"].is_string());
    assert!(answer.headers["content-type"].to_str().unwrap().starts_with("application/json"));
}

#[tokio::test]
async fn each_check_has_its_code() {
    let running = run(options(60)).await;
    let device = running.device(1);
    let start = || format!("{}/v2/sync/start", running.base);
    let bare = || device.http.post(start());
    is(&read(bare()).await, 401, "unauthorized");
    is(&read(bare().bearer_auth("0".repeat(64))).await, 401, "unauthorized");
    is(&read(bare().basic_auth("ada", Some("x"))).await, 401, "unauthorized");
    is(&running.device_of(1, 2).start().await, 403, "insufficient_scope");
    let known = || bare().bearer_auth(&device.token).header("User-Agent", "t");
    is(&read(known()).await, 400, "invalid_header");
    is(&read(known().header("X-Basecrm-Device-UUID", "my phone")).await, 400, "invalid_header");
    let named = || bare().bearer_auth(&device.token).header("X-Basecrm-Device-UUID", &device.uuid);
    is(&read(named()).await, 400, "invalid_user_agent");
    is(&read(named().header("User-Agent", " ")).await, 400, "invalid_user_agent");
    assert_eq!(read(named().header("User-Agent", "t")).await.status, 201);
    running.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_said_so() {
    let running = run(options(60)).await;
    let device = running.device(1);
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/v2/sync/start"),
        ("POST", "/v2/sync"),
        ("GET", "/v2/sync/x/queues"),
        ("GET", "/v2/sync/x/queues/main/more"),
        ("DELETE", "/v2/sync/ack"),
        ("GET", "/v2/contacts"),
    ] {
        is(&read(device.request(method, path)).await, 404, "incorrect_path");
    }
    is(&device.take("6b1f0000").await, 404, "not_found");
    let session = device.session().await.unwrap();
    is(&read(device.request("GET", &format!("/v2/sync/{session}/queues/other"))).await, 404, "not_found");
    running.stop().await;
}

#[tokio::test]
async fn a_pack_of_another_shape_is_refused_whole() {
    let running = run(options(60)).await;
    let device = running.device(1);
    let ack = |body: &'static str| read(device.request("POST", "/v2/sync/ack").body(body));
    for body in ["", "ack", r#"{"data":{"ack_keys":["User-1-7"]"#] {
        is(&ack(body).await, 400, "invalid_payload");
    }
    for body in
        ["{}", "[]", r#"{"data":{}}"#, r#"{"data":{"ack_keys":"User-1-7"}}"#, r#"{"data":{"ack_keys":[7]}}"#]
    {
        is(&ack(body).await, 422, "incorrect_payload");
    }
    assert_eq!(ack(r#"{"data":{"ack_keys":[]}}"#).await.status, 202);
    running.stop().await;
}

#[tokio::test]
async fn faults_come_when_they_are_asked_for() {
    let running = run(options(60)).await;
    let device = running.device(1);
    let plan =
        |body: &'static str| read(device.http.post(format!("{}/emulator/fault", running.base)).body(body));
    assert_eq!(plan(r#"{"fault":{"instead":503},"times":2}"#).await.status, 202);
    assert_eq!(plan(r#"{"fault":{"instead":502}}"#).await.status, 202);
    is(&device.start().await, 503, "temporarily_unavailable");
    is(&device.start().await, 503, "temporarily_unavailable");
    let gateway = device.start().await;
    assert_eq!((gateway.status, gateway.body.contains("<html>")), (502, true));
    let session = device.session().await.unwrap();
    assert_eq!(plan(r#"{"fault":"cut","path":"queues"}"#).await.status, 202);
    let response = device.request("GET", &format!("/v2/sync/{session}/queues/main")).send().await.unwrap();
    assert!(response.bytes().await.is_err(), "the body ends in the middle");
    assert_eq!(device.page(&session).await, None, "the page was taken");
    assert_eq!(device.drain_count().await, 60, "and comes again");
    running.stop().await;
}
