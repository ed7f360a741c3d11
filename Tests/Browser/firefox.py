"""Debian's Firefox for the tests. Debian has no geckodriver, so the commands of WebDriver go to Firefox itself: its remote
protocol Marionette has the same commands under other names."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time

from selenium.webdriver.remote.command import Command
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.firefox.options import Options
from selenium.webdriver.support.ui import WebDriverWait

BINARY = "/usr/bin/firefox-esr"
START_SECONDS = 60
PREFERENCES = {
    # Firefox chooses a free port, and writes it to a file of the profile.
    "marionette.port": 0,
    # A proxy of the environment must not see the requests of the tests.
    "network.proxy.type": 0,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "browser.newtabpage.enabled": False,
    "app.update.auto": False,
    "extensions.update.enabled": False,
    "layers.acceleration.disabled": True,
}
#: The names in Marionette of the commands that the tests use.
COMMANDS = {
    Command.NEW_SESSION: "WebDriver:NewSession",
    Command.GET: "WebDriver:Navigate",
    Command.GET_CURRENT_URL: "WebDriver:GetCurrentURL",
    Command.REFRESH: "WebDriver:Refresh",
    Command.GO_BACK: "WebDriver:Back",
    Command.W3C_EXECUTE_SCRIPT: "WebDriver:ExecuteScript",
    Command.W3C_EXECUTE_SCRIPT_ASYNC: "WebDriver:ExecuteAsyncScript",
    Command.FIND_ELEMENTS: "WebDriver:FindElements",
    Command.FIND_ELEMENT: "WebDriver:FindElement",
    Command.CLICK_ELEMENT: "WebDriver:ElementClick",
    Command.CLEAR_ELEMENT: "WebDriver:ElementClear",
    Command.SEND_KEYS_TO_ELEMENT: "WebDriver:ElementSendKeys",
    Command.GET_ELEMENT_TEXT: "WebDriver:GetElementText",
    Command.IS_ELEMENT_ENABLED: "WebDriver:IsElementEnabled",
    Command.IS_ELEMENT_SELECTED: "WebDriver:IsElementSelected",
    Command.GET_ELEMENT_TAG_NAME: "WebDriver:GetElementTagName",
    Command.GET_ELEMENT_RECT: "WebDriver:GetElementRect",
    Command.GET_ELEMENT_PROPERTY: "WebDriver:GetElementProperty",
    Command.W3C_GET_ACTIVE_ELEMENT: "WebDriver:GetActiveElement",
    Command.W3C_ACTIONS: "WebDriver:PerformActions",
    Command.SCREENSHOT: "WebDriver:TakeScreenshot",
    Command.SET_TIMEOUTS: "WebDriver:SetTimeouts",
}


class Marionette:
    """A connection to Firefox that executes commands of Selenium."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.number = 0
        self.receive()

    def receive(self):
        """A message: its length, a colon, and JSON."""
        length = b""
        while not length.endswith(b":"):
            length += self.read(1)
        return json.loads(self.read(int(length[:-1])))

    def read(self, count):
        parts = b""
        while len(parts) < count:
            part = self.socket.recv(count - len(parts))
            if not part:
                raise RuntimeError("Firefox has closed the connection")
            parts += part
        return parts

    def call(self, name, parameters):
        """Sends a command; returns its error or None, and its result."""
        self.number += 1
        message = json.dumps([0, self.number, name, parameters]).encode()
        self.socket.sendall(str(len(message)).encode() + b":" + message)
        while True:
            _, number, error, result = self.receive()
            if number == self.number:
                return error, result

    def execute(self, command, parameters):
        """Executes a command of Selenium; returns an answer as that of a driver."""
        if command == Command.QUIT:
            return {"status": 0, "value": None}
        parameters = {key: value for key, value in (parameters or {}).items() if key != "sessionId"}
        if command == Command.SCREENSHOT:
            parameters = {"full": False}
        error, result = self.call(COMMANDS[command], parameters)
        if error:
            return {"status": 500, "value": json.dumps({"value": error})}
        return {"value": result.get("value", result) if isinstance(result, dict) else result}

    def close(self):
        self.socket.close()


class Firefox(WebDriver):
    """Firefox, headless and with its own profile."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="longhaul-firefox-")
        with open(os.path.join(self.profile, "user.js"), "w", encoding="utf-8") as file:
            file.writelines(f"user_pref({json.dumps(key)}, {json.dumps(value)});\n"
                            for key, value in PREFERENCES.items())
        # System access is needed to set the theme and the width, and to read the console.
        self.process = subprocess.Popen(
            [BINARY, "--headless", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile", self.profile],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": self.profile, "MOZ_HEADLESS_WIDTH": "1700", "MOZ_HEADLESS_HEIGHT": "3000"})
        try:
            self.marionette = Marionette(self.port())
            super().__init__(self.marionette, options=Options())
        except BaseException:
            self.quit()
            raise

    def port(self):
        """The port of Marionette, once Firefox has started."""
        deadline = time.monotonic() + START_SECONDS
        place = os.path.join(self.profile, "MarionetteActivePort")
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with open(place, encoding="utf-8") as file:
                    return int(file.read())
            except (FileNotFoundError, ValueError):
                time.sleep(0.05)
        raise RuntimeError("Firefox did not start")

    def quit(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def browser_script(self, text, *arguments):
        """Runs a script in the browser itself instead of the page."""
        self.marionette.call("Marionette:SetContext", {"value": "chrome"})
        try:
            error, result = self.marionette.call("WebDriver:ExecuteScript", {"script": text, "args": arguments})
        finally:
            self.marionette.call("Marionette:SetContext", {"value": "content"})
        if error:
            raise RuntimeError(error["message"])
        return result["value"]

    def set_size(self, width, height):
        """Sets the size of the page."""
        self.browser_script(
            "const [width, height] = arguments, { style } = gBrowser.selectedBrowser;"
            "for (const edge of ['min', 'max']) {"
            "  style.setProperty(`${edge}-width`, `${width}px`);"
            "  style.setProperty(`${edge}-height`, `${height}px`); }", width, height)
        WebDriverWait(self, START_SECONDS, poll_frequency=0.02).until(
            lambda _: self.execute_script("return [innerWidth, innerHeight]") == [width, height])

    def set_theme(self, scheme):
        """Sets the preferred theme of the system."""
        self.browser_script(
            "gBrowser.selectedBrowser.browsingContext.top.prefersColorSchemeOverride = arguments[0]", scheme)

    def take_errors(self):
        """The errors of pages in the console since the last call."""
        return self.browser_script(
            "const found = Services.console.getMessageArray().filter((message) => message instanceof Ci.nsIScriptError"
            "  && !(message.flags & Ci.nsIScriptError.warningFlag) && message.sourceName.startsWith('http'))"
            "  .map((message) => `${message.category} ${message.errorMessage} ${message.sourceName}`);"
            "Services.console.reset(); return found;")
