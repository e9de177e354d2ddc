#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What all hooks share: their configuration, and asking Understudy for a definition with a deadline.

As a program: 'understudy_hook.py transform [FORM]' reads domain XML and writes the one to go on with, and FORM is how VFs are
written whatever the configuration says; 'arrival' is for a VM that migrates to this host: it makes no pairs, and writes nothing
if nothing changes; 'check' tells whether Understudy answers. Exit status: 0 done, 1 refused or no answer, 2 wrong call.
"""
import json
import os
import signal
import sys
import syslog
import xml.etree.ElementTree as tree

CONFIGURATION = "/etc/understudy/hook.conf"
KEYS = {
    "host": "",
    "socket": "/run/understudy/hooks.sock",
    "url": "",
    "login": "",
    "ca": "",
    "deadline": "3",
    "require-vf": "no",
    "networks": "",
    "pool": "",
    "form": "",
}


class Trouble(Exception):
    """Why there is no definition to go on with."""


class Refused(Exception):
    """The VM must have its VF, and cannot get it."""


def say(text):
    """To whoever runs the hook, and to the host's log."""
    print("understudy: " + text, file=sys.stderr)
    syslog.openlog("understudy-hook")
    syslog.syslog(syslog.LOG_WARNING, text)


def settings(path=None):
    """Lines of the form 'key = value'."""
    path = path or os.environ.get("UNDERSTUDY_HOOK_CONF", CONFIGURATION)
    values = dict(KEYS)
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                line = line.strip()
                if line and not line.startswith("#"):
                    key, _, value = (part.strip() for part in line.partition("="))
                    if key not in KEYS:
                        raise Trouble("%s: unknown key '%s'" % (path, key))
                    values[key] = value
    except OSError as error:
        raise Trouble("the hook's configuration cannot be read: %s" % error) from error
    if not values["host"]:
        raise Trouble("%s does not name this host" % path)
    return values


def wished(definition, networks):
    """The MACs of the NICs on one of these networks or bridges that are no pair yet."""
    macs = []
    for nic in tree.fromstring(definition).iterfind("./devices/interface"):
        source, mac = nic.find("source"), nic.find("mac")
        if source is None or mac is None or nic.find("teaming") is not None:
            continue
        if networks & {source.get("network"), source.get("bridge")}:
            macs.append(mac.get("address"))
    return macs


def transform(definition, pairs=True, form=None):
    """The definition to go on with on this host.

    Unchanged if the VM has no pair and is to have none, and if there is no answer or a refusal; raises Refused
    instead where the configuration requires the VF.
    """
    values = {"require-vf": "no"}
    try:
        values = settings()
        values["form"] = form or values["form"]
        networks = {name for name in values["networks"].replace(",", " ").split() if pairs}
        nics = wished(definition, networks)
        if not nics and "<teaming" not in definition:
            return definition
        return asked(values, definition, nics)
    except (Trouble, tree.ParseError) as error:
        if values["require-vf"] in ("yes", "true", "on"):
            say("refused: %s" % error)
            raise Refused(str(error)) from error
        say("going on with the definition as it is: %s" % error)
        return definition


def asked(values, definition, nics):
    question = {"occasion": "arriving", "host": values["host"], "definition": definition, "nics": nics}
    for key in ("pool", "form"):
        if values[key]:
            question[key] = values[key]
    answer = within(float(values["deadline"]), by_url if values["url"] else by_socket, values, question)
    if "definition" not in answer:
        raise Trouble(answer.get("detail", "Understudy's answer has no definition"))
    errors = [finding["message"] for finding in answer["findings"] if finding["severity"] == "error"]
    if errors:
        raise Trouble("; ".join(errors))
    for finding in answer["findings"]:
        say("%s: %s" % (finding["severity"], finding["message"]))
    return answer["definition"]


def within(seconds, call, *arguments):
    """One deadline for names, connection and answer."""

    def late(*_):
        raise Trouble("no answer within %g s" % seconds)

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return call(*arguments)
    except (OSError, ValueError) as error:
        raise Trouble("Understudy does not answer: %s" % error) from error
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def by_socket(values, question):
    import socket

    with socket.socket(socket.AF_UNIX) as channel:
        channel.connect(values["socket"])
        channel.sendall(json.dumps(question).encode() + b"\n")
        with channel.makefile("rb") as answer:
            return json.loads(answer.readline())


def by_url(values, question):
    """REST of a server elsewhere; 'login' names a file with USER:PASSWORD, 'ca' one with the certificates to trust."""
    import base64
    import ssl
    import urllib.error
    import urllib.parse
    import urllib.request

    query = [("host", question["host"])] + [("nic", nic) for nic in question["nics"]]
    query += [(key, question[key]) for key in ("pool", "form") if key in question]
    with open(values["login"], "rb") as file:
        login = base64.b64encode(file.read().strip()).decode()
    request = urllib.request.Request(
        "%s/api/v1/provision/%s?%s" % (values["url"].rstrip("/"), question["occasion"], urllib.parse.urlencode(query)),
        question["definition"].encode(),
        {
            "Authorization": "Basic " + login,
            "Content-Type": "application/xml; charset=UTF-8",
            "X-Requested-With": "understudy-hook",
        },
    )
    tls = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=values["ca"] or None))
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({}), tls).open(request) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if "json" in error.headers.get("Content-Type", ""):
            return json.load(error)
        raise


def check():
    """Asks about a VM that has no NIC, so that nothing happens."""
    try:
        values = settings()
        asked(values, "<domain><name>understudy-check</name></domain>", [])
        print("Understudy answers for host %s at %s" % (values["host"], values["url"] or values["socket"]))
        return 0
    except Trouble as error:
        print("no answer: %s" % error)
        return 1


def rewrite(arrival, form=None):
    definition = sys.stdin.buffer.read().decode()
    try:
        there = transform(definition, pairs=not arrival, form=form)
    except Refused:
        return 1
    if there != definition or not arrival:
        sys.stdout.buffer.write(there.encode())
    return 0


def main(arguments):
    if arguments == ["check"]:
        return check()
    if arguments == ["arrival"] or arguments[:1] == ["transform"] and len(arguments) < 3:
        return rewrite(arguments[0] == "arrival", *arguments[1:])
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
