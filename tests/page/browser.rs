//! A headless Chromium, spoken to in the DevTools protocol over two pipes: nothing but the browser is needed.
//!
//! Everything the page complains of or asks the network for is kept, so that a test can say there was nothing.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Set where the browser has to be there: its absence then fails instead of skipping.
const REQUIRED: &str = "MNIST_BENCH_BROWSER";
/// Flags that a CI container needs, and flags that switch off the browser's own network requests as far as possible.
const FLAGS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
];
/// The longest wait for an answer: axe-core takes 2 s of CPU time, but a minute or more on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

pub struct Browser {
    process: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    next: u64,
    session: String,
    events: Vec<Value>,
    // Deleted when the browser is gone.
    _profile: tempfile::TempDir,
    // One at a time: some tests measure times, and two browsers on two cores disturb each other.
    _turn: MutexGuard<'static, ()>,
}

/// The browser's program; `None`, said once on one line, where there is none and none is required.
fn program() -> Option<&'static str> {
    static FOUND: OnceLock<Option<&'static str>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let runs = |name: &&str| {
            let output = Command::new(name).arg("--version").stdin(Stdio::null()).output();
            output.is_ok_and(|output| output.status.success())
        };
        let found = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| runs(name));
        if found.is_none() {
            // Written to stderr directly: the test harness hides the captured output of a test that passes.
            let told = "browser tests were NOT run: no Chromium (Debian: apt-get install chromium)\n";
            let _ = std::io::stderr().write_all(told.as_bytes());
        }
        found
    })
}

/// Waits for the browsers of other tests to be gone and keeps them away.
pub fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// A browser of 1280 x 900, or `None` where there is none and the environment does not require one.
pub fn browser() -> Option<Browser> {
    let turn = turn();
    let Some(program) = program() else {
        assert!(std::env::var_os(REQUIRED).is_none(), "{REQUIRED} is set, and there is no Chromium");
        return None;
    };
    let profile = tempfile::tempdir().unwrap();
    // The browser reads commands from descriptor 3 and answers on 4.
    let mut process = Command::new("sh")
        .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1", program])
        .args(FLAGS)
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .env("HOME", profile.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let to = process.stdin.take().unwrap();
    let mut answers = BufReader::new(process.stdout.take().unwrap());
    let (sender, from) = channel();
    std::thread::spawn(move || {
        let mut message = Vec::new();
        while answers.read_until(0, &mut message).is_ok_and(|read| read > 0) {
            message.pop();
            let Ok(value) = serde_json::from_slice(&message) else { break };
            if sender.send(value).is_err() {
                break;
            }
            message.clear();
        }
    });
    let mut browser = Browser {
        process,
        to,
        from,
        next: 0,
        session: String::new(),
        events: Vec::new(),
        _profile: profile,
        _turn: turn,
    };
    let target = browser.call("Target.createTarget", json!({"url": "about:blank"}));
    let attach = json!({"targetId": target["targetId"], "flatten": true});
    browser.session = browser.call("Target.attachToTarget", attach)["sessionId"].as_str().unwrap().into();
    for domain in ["Page", "Runtime", "Log", "Network"] {
        browser.call(&format!("{domain}.enable"), json!({}));
    }
    browser.size(1280, 900);
    Some(browser)
}

impl Browser {
    /// One command and its answer; events that come in between are kept.
    pub fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.next += 1;
        let mut message = json!({"id": self.next, "method": method, "params": parameters});
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        let mut bytes = serde_json::to_vec(&message).unwrap();
        bytes.push(0);
        self.to.write_all(&bytes).unwrap();
        loop {
            let answer = self.from.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("{method}: {error}"));
            if answer["id"] == json!(self.next) {
                assert!(answer.get("error").is_none(), "{method}: {}", answer["error"]);
                return answer["result"].clone();
            }
            self.events.push(answer);
        }
    }

    /// Loads an address anew and waits until it has loaded; gives the time that took.
    pub fn open(&mut self, page: &Path, hash: &str) -> Duration {
        // A blank page first: if only the part after # changes, the browser loads nothing.
        self.load("about:blank");
        self.load(&format!("file://{}{hash}", page.display()))
    }

    fn load(&mut self, address: &str) -> Duration {
        let seen = self.loads();
        let start = Instant::now();
        self.call("Page.navigate", json!({"url": address}));
        while self.loads() == seen {
            let event = self.from.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("{address}: {error}"));
            self.events.push(event);
        }
        start.elapsed()
    }

    fn loads(&self) -> usize {
        self.events.iter().filter(|event| event["method"] == "Page.loadEventFired").count()
    }

    /// The value of an expression in the page; promises are awaited, an exception fails the test.
    pub fn eval(&mut self, expression: &str) -> Value {
        let parameters = json!({"expression": expression, "awaitPromise": true, "returnByValue": true});
        let answer = self.call("Runtime.evaluate", parameters);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {}", answer["exceptionDetails"]);
        answer["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    pub fn until(&mut self, expression: &str) {
        let start = Instant::now();
        while self.eval(expression) != json!(true) {
            assert!(start.elapsed() < Duration::from_secs(60), "never true: {expression}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The text of the first element, or of all joined, that a selector finds.
    pub fn text(&mut self, selector: &str) -> String {
        let all = format!("[...document.querySelectorAll({})]", json!(selector));
        self.eval(&format!("{all}.map((node) => node.innerText).join('|')")).as_str().unwrap().to_string()
    }

    pub fn count(&mut self, selector: &str) -> u64 {
        self.eval(&format!("document.querySelectorAll({}).length", json!(selector))).as_u64().unwrap()
    }

    /// Clicks in the middle of an element with the mouse.
    pub fn click(&mut self, selector: &str) {
        let middle = self.eval(&format!(
            "(() => {{ const node = document.querySelector({}); node.scrollIntoView({{ block: 'center', behavior: \
             'instant' }}); const box = node.getBoundingClientRect(); return [box.x + box.width / 2, box.y + \
             box.height / 2]; }})()",
            json!(selector)
        ));
        self.click_at(&middle[0], &middle[1]);
    }

    pub fn click_at(&mut self, x: &Value, y: &Value) {
        self.mouse("mouseMoved", x, y);
        self.mouse("mousePressed", x, y);
        self.mouse("mouseReleased", x, y);
    }

    pub fn mouse(&mut self, kind: &str, x: &Value, y: &Value) {
        let button = if kind == "mouseMoved" { "none" } else { "left" };
        let parameters = json!({"type": kind, "x": x, "y": y, "button": button, "clickCount": 1});
        self.call("Input.dispatchMouseEvent", parameters);
    }

    /// Presses a key by its name, such as `Tab` or `Enter`.
    pub fn key(&mut self, key: &str) {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            "Escape" => (27, ""),
            " " => (32, " "),
            "End" => (35, ""),
            "Home" => (36, ""),
            "ArrowLeft" => (37, ""),
            "ArrowRight" => (39, ""),
            "/" => (191, "/"),
            other => panic!("no key {other:?}"),
        };
        for kind in ["keyDown", "keyUp"] {
            let mut parameters = json!({"type": kind, "key": key, "windowsVirtualKeyCode": code});
            if kind == "keyDown" && !text.is_empty() {
                parameters["text"] = json!(text);
            }
            self.call("Input.dispatchKeyEvent", parameters);
        }
    }

    pub fn insert(&mut self, text: &str) {
        self.call("Input.insertText", json!({"text": text}));
    }

    pub fn size(&mut self, width: u32, height: u32) {
        let metrics =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500});
        self.call("Emulation.setDeviceMetricsOverride", metrics);
    }

    pub fn dark(&mut self) {
        let features = json!([{"name": "prefers-color-scheme", "value": "dark"}]);
        self.call("Emulation.setEmulatedMedia", json!({"features": features}));
    }

    /// Errors and warnings of the page, and every address it asked for that is not on this disk.
    pub fn complaints(&mut self) -> Vec<String> {
        // Messages arrive in order: after this answer all earlier events are here.
        self.eval("1");
        let mut complaints = Vec::new();
        for event in &self.events {
            let parameters = &event["params"];
            match event["method"].as_str().unwrap_or_default() {
                "Runtime.exceptionThrown" => complaints.push(parameters["exceptionDetails"].to_string()),
                "Runtime.consoleAPICalled" => complaints.push(parameters["args"].to_string()),
                "Log.entryAdded" => complaints.push(parameters["entry"].to_string()),
                "Page.javascriptDialogOpening" => complaints.push(parameters.to_string()),
                "Network.requestWillBeSent" => {
                    let address = parameters["request"]["url"].as_str().unwrap_or_default();
                    if !["file:", "data:", "blob:", "about:"].iter().any(|own| address.starts_with(own)) {
                        complaints.push(format!("asked for {address}"));
                    }
                }
                _ => {}
            }
        }
        complaints
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.to.write_all(b"{\"id\":999999,\"method\":\"Browser.close\"}\0");
        let start = Instant::now();
        while matches!(self.process.try_wait(), Ok(None)) && start.elapsed() < Duration::from_secs(5) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
