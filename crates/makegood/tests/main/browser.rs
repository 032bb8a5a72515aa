//! A headless Chromium, driven over the W3C WebDriver protocol, which is JSON over HTTP
//! (<https://www.w3.org/TR/webdriver2/>). A crate for it would turn on `preserve_order` of `serde_json` for all that is
//! tested with it, so that another program would be tested than the one that is shipped.

#![expect(clippy::panic, reason = "a test that cannot go on has failed")]

use serde_json::{Value, json};
use std::fmt::Debug;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const HOW_TO_INSTALL: &str =
    "these tests need Chromium and its driver: apt-get install chromium chromium-driver";
/// How long the driver may take to start.
const START_MAX: Duration = Duration::from_secs(60);
/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// The key under which an element is named.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// The driver's process; killed when it is dropped, and the browser with it.
struct Driver {
    child: Child,
    url: String,
}

impl Driver {
    fn start() -> Self {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{error}: {HOW_TO_INSTALL}"));
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, port) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            while stdout.read_line(&mut line).unwrap_or(0) > 0 {
                // As in `ChromeDriver was started successfully on port 40123.`
                let number = line.trim_end().trim_end_matches('.').rsplit(' ').next().map(str::parse::<u16>);
                if let Some(Ok(port)) = number.filter(|_| line.contains("successfully")) {
                    let _gone = sender.send(port);
                }
                line.clear();
            }
        });
        let port = port.recv_timeout(START_MAX).unwrap_or_else(|_| panic!("no driver: {HOW_TO_INSTALL}"));
        Self { child, url: format!("http://127.0.0.1:{port}") }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// A browser with one page.
pub(crate) struct Browser {
    http: reqwest::Client,
    session: String,
    _driver: Driver,
}

/// A line of the browser's console.
#[derive(Debug)]
pub(crate) struct ConsoleLine {
    pub(crate) level: String,
    pub(crate) source: String,
    pub(crate) message: String,
}

impl Browser {
    /// Starts a browser with a window of this size.
    pub(crate) async fn start(width: u32, height: u32) -> Self {
        let driver = Driver::start();
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60)).build().unwrap();
        let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
        // A click beyond the window's own size would not arrive, whatever size the page is told.
        let mut arguments =
            vec!["--headless=new", "--disable-dev-shm-usage", "--disable-gpu", "--window-size=1400,1200"];
        // Chromium's sandbox refuses to be root's.
        arguments.extend(is_root.then_some("--no-sandbox"));
        let capabilities = json!({"alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"args": arguments},
        }});
        let body = json!({"capabilities": capabilities});
        let started = http.post(format!("{}/session", driver.url)).json(&body).send().await.unwrap();
        let started: Value = started.json().await.unwrap();
        let id = started["value"]["sessionId"].as_str();
        let id = id.unwrap_or_else(|| panic!("{started}: {HOW_TO_INSTALL}"));
        let session = format!("{}/session/{id}", driver.url);
        let browser = Self { http, session, _driver: driver };
        browser.resize(width, height).await;
        browser
    }

    /// Makes the page this large.
    pub(crate) async fn resize(&self, width: u32, height: u32) {
        let metrics =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Says that the person wants less motion.
    pub(crate) async fn reduce_motion(&self) {
        let features = json!({"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]});
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.command("goog/cdp/execute", json!({"cmd": command, "params": parameters})).await.unwrap()
    }

    async fn command(&self, path: &str, body: Value) -> Result<Value, String> {
        let answer = self.http.post(format!("{}/{path}", self.session)).json(&body).send().await.unwrap();
        let is_well = answer.status().is_success();
        let mut answer: Value = answer.json().await.unwrap();
        let value = answer["value"].take();
        if is_well { Ok(value) } else { Err(value["message"].as_str().unwrap_or_default().to_owned()) }
    }

    /// Opens a page.
    pub(crate) async fn open(&self, url: &str) {
        self.command("url", json!({"url": url})).await.unwrap();
    }

    /// Runs a function's body in the page.
    pub(crate) async fn run(&self, script: &str) -> Value {
        let ran = self.command("execute/sync", json!({"script": script, "args": []})).await;
        ran.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Clicks as a person does: on what is in sight and not covered. Waits until that can be done.
    pub(crate) async fn click(&self, selector: &str) {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            let clicked = self.try_click(selector).await;
            let Err(error) = clicked else { return };
            assert!(Instant::now() < until, "{selector} cannot be clicked: {error}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn try_click(&self, selector: &str) -> Result<(), String> {
        let found = self.command("element", json!({"using": "css selector", "value": selector})).await?;
        let id = found[ELEMENT].as_str().unwrap_or_default().to_owned();
        let script = format!("return !document.querySelector({selector:?}).disabled");
        if self.run(&script).await != json!(true) {
            return Err("it is disabled".to_owned());
        }
        self.command(&format!("element/{id}/click"), json!({})).await.map(drop)
    }

    /// The text of what is shown there.
    pub(crate) async fn text(&self, selector: &str) -> String {
        let script = format!("return document.querySelector({selector:?}).innerText.trim()");
        self.run(&script).await.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until an expression is true in the page.
    pub(crate) async fn wait(&self, expression: &str, patience: Duration) {
        let until = Instant::now() + patience;
        let script = format!("return Boolean({expression})");
        while self.run(&script).await != json!(true) {
            if Instant::now() > until {
                let page = self.run("return document.body.innerText").await;
                let console = self.console().await;
                panic!("not in time: {expression}\n{}\n{console:#?}", page.as_str().unwrap_or_default());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// What the console has said since it was last asked.
    pub(crate) async fn console(&self) -> Vec<ConsoleLine> {
        let lines = self.command("log", json!({"type": "browser"})).await;
        let lines = match lines {
            Ok(lines) => lines,
            Err(_) => self.command("se/log", json!({"type": "browser"})).await.unwrap(),
        };
        let text = |line: &Value, field: &str| line[field].as_str().unwrap_or_default().to_owned();
        let lines = lines.as_array().unwrap().iter();
        lines
            .map(|line| ConsoleLine {
                level: text(line, "level"),
                source: text(line, "source"),
                message: text(line, "message"),
            })
            .collect()
    }

    /// A picture of the whole page, as base64 of a PNG.
    pub(crate) async fn picture(&self) -> String {
        let wanted = json!({"format": "png", "captureBeyondViewport": true});
        self.devtools("Page.captureScreenshot", wanted).await["data"].as_str().unwrap_or_default().to_owned()
    }

    /// Ends the browser.
    pub(crate) async fn quit(self) {
        self.http.delete(&self.session).send().await.unwrap();
    }
}
