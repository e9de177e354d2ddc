#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What all hooks share: their configuration, and the query to Understudy for a definition, with a deadline.

As a program: 'understudy_hook.py transform [FORM]' reads domain XML and writes the definition to continue with; FORM overrides
the configured form of VFs. 'arrival' is for a VM that migrates to this host: it creates no pairs, and writes nothing
if nothing changes. 'check' reports whether Understudy answers. A VM that continues without its VF is noted in a file, which
the next call sends to Understudy. Exit status: 0 done, 1 no answer to 'check', 2 usage error,
3 refused. Any other status means that this program failed, and that the VM continues with the definition of its manager.
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
    "consents": "",
    "notes": "/var/lib/understudy-hook",
}
# Of the metadata of Understudy in a definition.
NAMESPACE = "{https://understudy.org/xmlns/domain/1.0}"
YES = ("yes", "true", "on")
NO = ("no", "false", "off")
LONGEST_DEADLINE_SECONDS = 3600
LONGEST_REASON = 500
LARGEST_NOTES = 64 << 10

# Not 1 or 2: Python itself exits with these if it fails.
REFUSED = 3


class HookError(Exception):
    """The reason why there is no definition to continue with."""


class Declined(HookError):
    """Understudy has answered that the VM cannot get a VF."""


class Refused(Exception):
    """The VM requires a VF and cannot get one."""


def report(text):
    """Writes to the caller of the hook and to the log of the host."""
    # Foreign text may contain what syslog does not accept, and a log message must not stop a VM.
    text = text.encode("utf-8", "replace").decode().replace("\0", " ")
    # Without a standard error, print would write into the definition.
    if sys.stderr:
        print("understudy: " + text, file=sys.stderr)
    syslog.openlog("understudy-hook")
    syslog.syslog(syslog.LOG_WARNING, text)


def lines_of(path):
    """Pairs of key and value. Nothing is checked here, so that 'require-vf' is known before an error in another line."""
    try:
        with open(path, encoding="utf-8-sig", errors="replace") as file:
            lines = [line.strip() for line in file]
    except OSError as error:
        raise HookError("the configuration of the hook cannot be read: %s" % error) from error
    split = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return [(key.strip(), value.strip()) for key, _, value in split]


def requires_vf(lines):
    """The value in the last valid line; 'settings' reports the others."""
    values = [value.lower() in YES for key, value in lines if key == "require-vf" and value.lower() in YES + NO]
    return bool(values) and values[-1]


def settings(path, lines):
    """Checks the whole configuration before any query."""
    values = dict(KEYS)
    for key, value in lines:
        if key not in KEYS:
            raise HookError("%s: unknown key '%s'" % (path, key))
        if "\ufffd" in value:
            raise HookError("%s: '%s' is not UTF-8" % (path, key))
        if key == "require-vf" and value.lower() not in YES + NO:
            raise HookError("%s: require-vf must be yes or no, not '%s'" % (path, value))
        values[key] = value
    if not values["host"]:
        raise HookError("%s: host is missing" % path)
    values["deadline"] = seconds_of(path, values["deadline"])
    if values["url"]:
        require_safe(path, values)
    return values


def seconds_of(path, text):
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= LONGEST_DEADLINE_SECONDS:
        raise HookError("%s: deadline must be a number of seconds up to %d, not '%s'" % (path, LONGEST_DEADLINE_SECONDS, text))
    return seconds


def require_safe(path, values):
    """The login is that of an admin: it is sent over a network only if encrypted."""
    import urllib.parse

    try:
        url = urllib.parse.urlsplit(values["url"])
        loopback = is_loopback(url.hostname or "")
    except ValueError as error:
        raise HookError("%s: url: %s" % (path, error)) from error
    if url.scheme != "https" and not (url.scheme == "http" and loopback):
        raise HookError("%s: url must be https, or http to this host itself, not '%s'" % (path, values["url"]))
    if not values["login"]:
        raise HookError("%s: url requires login, a file with USER:PASSWORD" % path)


def is_loopback(host):
    import ipaddress

    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def requested_nics(definition, networks):
    """The NICs that become pairs: those that a mark in the metadata selects, and those on one of these networks or bridges.

    A mark may select by MAC, alias, index or 'only'. Only a MAC shows for sure whether its NIC is a pair already.
    """
    domain = tree.fromstring(definition)
    interfaces = domain.findall("./devices/interface")
    paired = [nic.find("mac") for nic in interfaces if nic.find("teaming") is not None]
    paired = [mac.get("address", "").lower() for mac in paired if mac is not None]
    marks = [mark.get("nic", "") for mark in domain.iterfind("./metadata/%spairs/%smark" % (NAMESPACE, NAMESPACE))]
    macs = [mark for mark in marks if mark and (mark.lower() not in paired if ":" in mark else "<teaming" not in definition)]
    for nic in interfaces:
        source, mac = nic.find("source"), nic.find("mac")
        if source is None or mac is None or nic.find("teaming") is not None:
            continue
        if networks & {source.get("network"), source.get("bridge")} and mac.get("address") not in macs:
            macs.append(mac.get("address"))
    return macs


def transform(definition, pairs=True, form=None):
    """The definition to continue with on this host.

    Unchanged if the VM has no pair and none is requested, and if there is no answer or a refusal; raises Refused
    instead if the configuration requires the VF.
    """
    required = False
    try:
        path = configuration()
        lines = lines_of(path)
        required = requires_vf(lines)
        values = settings(path, lines)
        values["form"] = form or values["form"]
        networks = set(words(values["networks"]))
        nics = requested_nics(definition, networks) if pairs else []
        if not nics and "<teaming" not in definition:
            return definition
        answer = query(values, definition, nics)
        send_notes(values)
        return answer
    except Exception as error:  # of any kind: only require-vf may prevent a start
        if required:
            report("refused: %s" % reason(error))
            raise Refused(reason(error)) from error
        report("continuing with the unchanged definition: %s" % reason(error))
        note_passed(definition, reason(error))
        if isinstance(error, Declined):
            send_notes(values)
        return definition


def words(text):
    return text.replace(",", " ").split()


def configuration():
    return os.environ.get("UNDERSTUDY_HOOK_CONF", CONFIGURATION)


def reason(error):
    return str(error) if isinstance(error, HookError) else "%s: %s" % (type(error).__name__, error)


def query(values, definition, nics):
    payload = {"occasion": "arriving", "host": values["host"], "definition": definition, "nics": nics}
    for key in ("pool", "form"):
        if values[key]:
            payload[key] = values[key]
    if nics and values["consents"]:
        payload["consents"] = words(values["consents"])
    answer = with_deadline(values["deadline"], by_url if values["url"] else by_socket, values, payload)
    if not isinstance(answer, dict):
        raise HookError("the answer of Understudy is not a JSON object")
    if "definition" not in answer:
        raise HookError(answer.get("detail", "the answer of Understudy has no definition"))
    findings = [(finding["severity"], finding["message"]) for finding in answer["findings"]]
    errors = [message for severity, message in findings if severity == "error"]
    if errors:
        raise Declined("; ".join(errors))
    tree.fromstring(answer["definition"])
    for finding in findings:
        report("%s: %s" % finding)
    return answer["definition"]


def notes_of(folder):
    """A file in a folder of this user alone: hooks run as different users, and none may write what another one sends."""
    import pwd

    own = os.path.join(folder, pwd.getpwuid(os.geteuid()).pw_name)
    os.makedirs(own, 0o700, exist_ok=True)
    if os.stat(own).st_uid != os.geteuid():
        raise HookError("%s belongs to another user" % own)
    return os.path.join(own, "passed")


def folder_of_notes():
    try:
        return dict(lines_of(configuration())).get("notes") or KEYS["notes"]
    except HookError:
        return KEYS["notes"]


def note_passed(definition, why):
    """Never fails: it must not stop a VM."""
    import datetime

    try:
        name = tree.fromstring(definition).findtext("name") or ""
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        line = json.dumps({"vm": name, "at": now, "reason": why[:LONGEST_REASON]}) + "\n"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        file = os.open(notes_of(folder_of_notes()), flags, 0o600)
        try:
            if name and os.fstat(file).st_size < LARGEST_NOTES:
                os.write(file, line.encode())
        finally:
            os.close(file)
    except Exception as error:
        report("not noted for Understudy: %s" % reason(error))


def send_notes(values):
    """Sends what was noted before; whatever fails is tried again by the next call."""
    try:
        path = notes_of(values["notes"])
        sending = "%s.%d" % (path, os.getpid())
        os.rename(path, sending)
    except (OSError, KeyError, HookError):
        return  # nothing noted, or another hook sends it
    try:
        with open(sending, "rb") as file:
            notes = file.read()
        try:
            passed = [json.loads(line) for line in notes.splitlines()]
            payload = {"occasion": "passed", "host": values["host"], "passed": passed}
            answer = with_deadline(min(1, values["deadline"]), by_url if values["url"] else by_socket, values, payload)
            if "detail" in answer:
                raise HookError(answer["detail"])
        except HookError as error:
            report("VMs without a VF are not reported yet: %s" % error)
            with open(path, "ab") as file:
                file.write(notes)
    except Exception as error:
        report("VMs without a VF are not reported: %s" % reason(error))
    finally:
        try:
            os.unlink(sending)
        except OSError:
            pass


def with_deadline(seconds, call, *arguments):
    """One deadline for name resolution, connection and answer."""

    def on_alarm(*_):
        raise HookError("no answer within %g s" % seconds)

    before = signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return call(*arguments)
    except (OSError, ValueError) as error:
        raise HookError("Understudy does not answer: %s" % error) from error
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def by_socket(values, payload):
    import socket

    with socket.socket(socket.AF_UNIX) as channel:
        channel.connect(values["socket"])
        channel.sendall(json.dumps(payload).encode() + b"\n")
        with channel.makefile("rb") as answer:
            return json.loads(answer.readline())


def by_url(values, payload):
    """REST of another server; 'login' is a file with USER:PASSWORD, 'ca' a file with the trusted certificates."""
    import base64
    import ssl
    import urllib.error
    import urllib.parse
    import urllib.request

    parameters = [("host", payload["host"])] + [("nic", nic) for nic in payload.get("nics", [])]
    parameters += [(key, payload[key]) for key in ("pool", "form") if key in payload]
    parameters += [("consent", consent) for consent in payload.get("consents", [])]
    with open(values["login"], "rb") as file:
        login = base64.b64encode(file.read().strip()).decode()

    class NoRedirect(urllib.request.HTTPRedirectHandler):
        """Sends the login only to this address."""

        def redirect_request(self, *_):
            return None

    request = urllib.request.Request(
        "%s/api/v1/provision/%s?%s" % (values["url"].rstrip("/"), payload["occasion"], urllib.parse.urlencode(parameters)),
        (payload["definition"] if "definition" in payload else json.dumps({"passed": payload["passed"]})).encode(),
        {
            "Authorization": "Basic " + login,
            "Content-Type": "application/xml; charset=UTF-8" if "definition" in payload else "application/json",
            "X-Requested-With": "understudy-hook",
        },
    )
    tls = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=values["ca"] or None))
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect, tls).open(request) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if "json" in error.headers.get("Content-Type", ""):
            return json.load(error)
        raise


def check():
    """Sends a query about a VM without NICs, which has no effect."""
    try:
        path = configuration()
        values = settings(path, lines_of(path))
        query(values, "<domain><name>understudy-check</name></domain>", [])
        send_notes(values)
        print("Understudy answers for host %s at %s" % (values["host"], values["url"] or values["socket"]))
        return 0
    except Exception as error:
        print("no answer: %s" % reason(error))
        return 1


def rewrite(arrival, form=None):
    # Bytes that are not UTF-8 are passed through.
    definition = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
    try:
        there = transform(definition, pairs=not arrival, form=form)
    except Refused:
        return REFUSED
    if there != definition or not arrival:
        sys.stdout.buffer.write(there.encode("utf-8", "surrogateescape"))
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
