# SPDX-License-Identifier: MIT
#
# Opens pages in Chromium without a window and evaluates expressions of JavaScript in them. Reads
# from standard input lines of JSON, [URL, EXPRESSION...], and writes for each a line to the file
# ANSWERS: "values", the value of each expression, and "errors", what the page wrote to the console
# as errors, exceptions and violations of its policy.
#
#   python3 browser.py ANSWERS
#
# It talks with Chromium through the descriptors 3 and 4 (--remote-debugging-pipe), messages of JSON
# that end in a zero byte. Chromium's own profile is in a directory that is removed at the end.
import json
import os
import shutil
import subprocess
import sys
import tempfile


class Browser:
    def __init__(self, profile):
        command_read, self.commands = os.pipe()
        answers, answers_write = os.pipe()
        self.answers, self.held, self.last, self.errors = answers, b"", 0, []

        def place():
            a, b = os.dup(command_read), os.dup(answers_write)
            os.dup2(a, 3)
            os.dup2(b, 4)

        environment = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD"}
        environment["HOME"] = profile
        self.process = subprocess.Popen(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--window-size=1400,900", "--user-data-dir=" + profile, "--remote-debugging-pipe"],
            preexec_fn=place, pass_fds=(3, 4), env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(command_read)
        os.close(answers_write)

    def message(self):
        while b"\0" not in self.held:
            more = os.read(self.answers, 65536)
            if not more:
                sys.exit("chromium has ended")
            self.held += more
        text, self.held = self.held.split(b"\0", 1)
        return json.loads(text)

    def notice(self, message):
        method, params = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.errors.append(params["exceptionDetails"]["exception"].get("description", "?"))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "assert"):
            self.errors.append(str(params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.errors.append(params["entry"]["text"])

    def call(self, method, session=None, **params):
        self.last += 1
        message = {"id": self.last, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.message()
            if answer.get("id") == self.last:
                if "error" in answer:
                    sys.exit(method + ": " + answer["error"]["message"])
                return answer["result"]
            self.notice(answer)

    def until(self, method):
        while True:
            message = self.message()
            if message.get("method") == method:
                return
            self.notice(message)


    def visit(self, url, expressions):
        self.errors = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(domain + ".enable", session)
        self.call("Page.navigate", session, url=url)
        self.until("Page.loadEventFired")
        values = []
        for expression in expressions:
            result = self.call("Runtime.evaluate", session, expression=expression,
                               returnByValue=True, awaitPromise=True)
            if "exceptionDetails" in result:
                self.errors.append(str(result["exceptionDetails"]))
            values.append(result["result"].get("value"))
        self.call("Target.closeTarget", targetId=target)
        return {"values": values, "errors": self.errors}


def main():
    profile = tempfile.mkdtemp()
    with open(sys.argv[1], "w") as answers:
        browser = Browser(profile)
        try:
            for line in sys.stdin:
                words = json.loads(line)
                print(json.dumps(browser.visit(words[0], words[1:])), file=answers, flush=True)
        finally:
            browser.process.kill()
            browser.process.wait()
            shutil.rmtree(profile, ignore_errors=True)


main()
