// SPDX-License-Identifier: Apache-2.0
package org.understudy.itests.words;

import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.understudy.itests.words.StyleRule.Part;
import org.understudy.itests.words.Text.Kind;

/** What docs/style.md forbids, as a table. A new rule is a new row; its two examples are tested. */
final class StyleRules {
    private static final Set<Kind> MESSAGES = EnumSet.of(Kind.FINDING, Kind.ERROR);
    private static final Set<Kind> REMEDIES = EnumSet.of(Kind.REMEDY);
    private static final Set<Kind> LOGS = EnumSet.of(Kind.LOG);
    private static final Set<Kind> HELP = EnumSet.of(Kind.COMMAND_HELP, Kind.OPTION_HELP);

    /** Names that are written in lower case, also at the start of a sentence. */
    private static final String LOWER_NAMES =
            "libvirtd?|virsh|virtio|understudy(?:-vf|:[a-z-]+)?|vfio-pci|q35|qemu-[a-z-]+|ping|arping|ssh|etc/|docs/|hooks/";

    /** What a remedy can begin with. */
    private static final String VERBS =
            "Add|Adjust|Allow|Ask|Assign|Attach|Bind|Boot|Cancel|Change|Check|Choose|Compare|Configure"
                    + "|Connect|Copy|Correct|Create|Decide|Define|Delete|Destroy|Detach|Determine|Disable|Enable|End|Ensure|Enter|Find"
                    + "|Free|Give|Ignore|Increase|Install|Keep|Leave|List|Load|Log|Lower|Make|Map|Migrate|Mount|Move|Name|Omit|Open|Pass|Plug|Provide"
                    + "|Raise|Read|Rebind|Reboot|Reduce|Reinstall|Release|Reload|Remove|Rename|Repair|Repeat|Replace|Report"
                    + "|Resolve|Restart|Restore|Resume|Retry|Run|Save|See|Select|Send|Set|Shut|Specify|Split|Start|Stop|Switch"
                    + "|Test|Turn|Undefine|Unplug|Update|Upgrade|Use|Verify|Wait|Write";

    /** What a remedy can name: a command, a file, a key, an element, or an object of QEMU, libvirt, Linux or Understudy. */
    private static final String THINGS = "understudy:[a-z]|understudy-vf|\\./understudy|\\bvirsh\\b|modprobe|usermod"
            + "|[\\w.]*/[\\w.]|\\.(?:pem|yaml|conf|log)\\b|'[a-z][\\w-]*'|\\b[a-z]+(?:-[a-z]+)+\\b|\\w=|\\bnics\\b|</?\\w|--[a-z]|\\{}"
            + "|\\$\\{|\\b(?:VMs?|hosts?|guests?|QEMU|libvirt|VFs?|PFs?|pools?|NICs?|kernel|firmware|IOMMU|ACS|KVM|VFIO"
            + "|Java|JAVA_HOME|Karaf|bundle|features?|packages?|logs?|bridge|networks?|alias(?:es)?|MACs?"
            + "|machine types?|q35|vf|emulated|UEFI|deadline|lease|ports?|driver|migrations?|certificates?"
            + "|journal|configuration|definition|XML|YAML|switch|PCI|heartbeats?)\\b"
            + "|\\bfindings of severity [A-Z]|\\b(?:value|file|folder) named in the message\\b";

    /** Every sentence. A space stands for any white space. */
    private static final List<StyleRule> WORDS = List.of(
            word(
                    "\\b(?:told|tells?|telling)\\b",
                    "a program reports, a fact is known",
                    "report, notify, show, determine",
                    "A renamed network is told",
                    "A renamed network is reported"),
            word(
                    "\\b(?:says?|said|saying)\\b",
                    "a program does not say",
                    "report, state, has, show",
                    "libvirt says that the domain is gone",
                    "libvirt reports that the domain is gone"),
            word(
                    "\\b(?:hears?|heard|hearing)\\b",
                    "a program does not hear",
                    "receive, detect; no probe traffic from",
                    "Nothing has been heard of the VM for 15 s",
                    "No probe traffic from the VM for 15 s"),
            word(
                    "\\b(?:somebody|nobody|anybody|everybody|someone|anyone|no one|whoever)\\b",
                    "it is not named who acts",
                    "name the user, program, host or VM",
                    "Somebody else has the VF",
                    "VF eno1#3 is leased by VM db1"),
            word(
                    "\\bmend(?:s|ed|ing)?\\b",
                    "not the word of the field",
                    "repair, fix, resolve",
                    "Mend the findings of severity ERROR",
                    "Resolve the findings of severity ERROR"),
            word(
                    "\\b(?:giv(?:es?|en|ing)|gave|hand(?:s|ed|ing)?)(?: [\\w'{}]+){0,4} back\\b",
                    "not the word of the field",
                    "release, return, restore",
                    "The VF is given back",
                    "The VF is released"),
            word(
                    "\\b(?:tak(?:es?|en|ing)|took)(?: [\\w'{}]+){0,4} back\\b",
                    "not the word of the field",
                    "roll back, remove, revert",
                    "It could not be taken back",
                    "Rollback action undoLease failed"),
            word(
                    "\\b(?:way back|g(?:o|oes|oing|one) back|went back)\\b",
                    "not the word of the field",
                    "rollback, roll back, revert",
                    "The migration goes back",
                    "The migration is rolled back"),
            word(
                    "\\b(?:stands?(?! in for)|stood|standing|standstill)\\b",
                    "\"stands\" is no \"is\"",
                    "is, is paused, is stored, applies",
                    "The guest stands still on the source",
                    "The VM is paused on the source"),
            word(
                    "\\blook(?:s|ed|ing)? (?:again|at|after)\\b",
                    "not the word of the field",
                    "check, read, poll, reconcile",
                    "Look at the PF's driver",
                    "Check the driver of the PF"),
            word(
                    "\\b(?:a word (?:of|about)|without a word|wants? a say|see to it)\\b",
                    "an idiom",
                    "state what happens",
                    "without a word in the journal",
                    "but the journal could not be written"),
            word(
                    "\\bdetour(?:s|ed)?\\b",
                    "a private word",
                    "forwarding entry, forwarding",
                    "The detour of the PF is missing",
                    "The forwarding entry of the PF is missing"),
            word(
                    "\\bwish(?:es|ed)?\\b",
                    "a private word",
                    "request, requested pair",
                    "The wish of the definition",
                    "The pair that the definition requests"),
            word(
                    "\\bdoors?\\b",
                    "a metaphor",
                    "listener, connection, entry point, integration",
                    "Doors into existing managers",
                    "Integrating with existing managers"),
            word(
                    "\\b(?:conversations?|convers(?:e|es|ing))\\b",
                    "a metaphor",
                    "connection, session, exchange",
                    "The conversation with the peer ends",
                    "The connection to the peer is closed"),
            word(
                    "\\b(?:pictures?|cargo|voyages?|trails?|lanes?|ghosts?|census|journeys?|onlookers?|errands?|astray|chores?)\\b",
                    "a private word or a metaphor",
                    "the term of docs/glossary.md: status, snapshot, context, events, executor, vanished VF, cache, misconfigured",
                    "VF eno1#3 is astray",
                    "VF eno1#3 is misconfigured"),
            word(
                    "\\b(?:gives?|gave|given|giving)(?: [\\w'{}]+){0,3} up\\b",
                    "an idiom",
                    "abandon, cancel, time out, stop retrying",
                    "QEMU has not given the migration up",
                    "QEMU has not cancelled the migration"),
            word(
                    "\\b(?:parts? with|parted with|lets? (?:it )?go|see(?:s|n)? nothing|comes? off|in doubt|for good|out of reach|runs? twice|met a defect|in step with)\\b",
                    "an idiom",
                    "unplug, assign, unreachable, unknown, permanently, split brain, synchronized",
                    "The NICs of host alpha are out of reach",
                    "NICs of host alpha are unreachable"),
            word(
                    "\\b(?:receiving|sending) (?:QEMU|end|side|host)\\b",
                    "not the word of the field",
                    "destination, source",
                    "The receiving QEMU ended",
                    "The destination QEMU ended"),
            word(
                    "\\b(?:keepers?|front door|growing pauses?)\\b",
                    "not the word of the field",
                    "controller, entry point, backoff",
                    "with growing pauses",
                    "with backoff"),
            shown(
                    "\\b(?:(?<!as )soon|a while|a moment|some time)\\b",
                    "no time is named",
                    "a number and its unit, or the event to wait for",
                    "Wait a moment.",
                    "Wait until the host is open."),
            shown(
                    "\\btry (?:it )?again\\b",
                    "not the word of the field",
                    "retry, repeat the command",
                    "Start QEMU and try again.",
                    "Start QEMU and retry."),
            shown(
                    "\\bundo(?:es|ne|ing)?\\b",
                    "not the word of the field",
                    "roll back, rollback",
                    "Cancel and undo the migration",
                    "Cancel and roll back the migration"));

    /** The form of a kind of text. */
    private static final List<StyleRule> FORMS = List.of(
            form(
                    MESSAGES,
                    Part.START,
                    "^(?!(?:" + LOWER_NAMES + ")|\\S*$)[a-z]",
                    "starts without a capital",
                    "start with a capital",
                    "the host has no KVM",
                    "Host alpha has no KVM"),
            form(
                    MESSAGES,
                    Part.WHOLE,
                    "^(?:There|It|They|That|Nothing|Something|Can't|Could|Is|Has|Was|Waited)\\b.*",
                    "does not name the object first",
                    "OBJECT PROBLEM: CAUSE",
                    "There is no route by which it can be reached",
                    "Host beta is unreachable: no route"),
            form(
                    MESSAGES,
                    Part.WHOLE,
                    "^Cannot (?!(?:\\{}|\\S+ .+): \\S).*",
                    "names no object or no cause",
                    "Cannot VERB OBJECT: CAUSE",
                    "Cannot attach: no such bus",
                    "Cannot attach device net0: no such bus"),
            form(
                    MESSAGES,
                    Part.WHOLE,
                    "^(?!.*[.] [A-Z{]).*[.]$",
                    "one sentence with a full stop",
                    "leave the full stop out",
                    "VM web1 is running.",
                    "VM web1 is running; required state: shut off"),
            form(
                    MESSAGES,
                    Part.WHOLE,
                    "^.*[a-z][.] [A-Z].*[^.}]$",
                    "several sentences without a full stop at the end",
                    "end with a full stop, or write one sentence",
                    "VM web1 is running. Its host is down",
                    "VM web1 is running. Its host is down."),
            form(
                    REMEDIES,
                    Part.END,
                    "[^.}]$",
                    "a remedy without a full stop",
                    "end with a full stop",
                    "Start VM web1",
                    "Start VM web1."),
            form(
                    REMEDIES,
                    Part.START,
                    "^(?!(?:" + VERBS + ")\\b|\\{}|(?:If|On|In|After|Before|When|For|To|As|At) [^,]+, (?:"
                            + VERBS.toLowerCase(Locale.ROOT) + ")\\b).*",
                    "a remedy without an action",
                    "start with an imperative verb (or add it to StyleRules.VERBS)",
                    "The QEMU process ended; see the VM's log.",
                    "Read the log of VM web1."),
            form(
                    REMEDIES,
                    Part.WHOLE,
                    "^(?!.*(?:" + THINGS + ")).*$",
                    "a remedy that names nothing that exists",
                    "name a command, button, file, key or object",
                    "Correct it.",
                    "Correct the key 'user' in etc/understudy.yaml."),
            form(
                    LOGS,
                    Part.WHOLE,
                    "^(?!(?:" + LOWER_NAMES + "))[a-z]",
                    "starts without a capital",
                    "Object: event, consequence",
                    "cannot read events",
                    "Host alpha: events cannot be read"),
            form(
                    LOGS,
                    Part.WHOLE,
                    "^(?!.*[.] [A-Z{]).*[.]$",
                    "ends with a full stop",
                    "leave the full stop out",
                    "Host {} is open.",
                    "Host {} is open"),
            form(
                    HELP,
                    Part.WHOLE,
                    "^(?![a-z-]+: )[a-z].*",
                    "starts without a capital",
                    "start with a capital",
                    "name of a host",
                    "Name of a host"),
            form(
                    HELP,
                    Part.WHOLE,
                    "[.]$",
                    "ends with a full stop",
                    "leave the full stop out",
                    "Print one JSON document.",
                    "Print one JSON document"),
            form(
                    EnumSet.of(Kind.COMMAND_HELP),
                    Part.WHOLE,
                    "^[A-Z][a-z]*s\\b.*",
                    "not imperative",
                    "start with an imperative verb",
                    "Lists the VMs of all hosts",
                    "List the VMs of all hosts"));

    static final List<StyleRule> ALL =
            Stream.concat(WORDS.stream(), FORMS.stream()).toList();

    private StyleRules() {}

    private static StyleRule word(String forbidden, String why, String better, String bad, String good) {
        return new StyleRule(Kind.ALL, Part.ANY, words(forbidden), why, better, bad, good);
    }

    private static StyleRule shown(String forbidden, String why, String better, String bad, String good) {
        return new StyleRule(Kind.SHOWN, Part.ANY, words(forbidden), why, better, bad, good);
    }

    private static Pattern words(String forbidden) {
        return Pattern.compile(forbidden.replace(" ", "\\s+"), Pattern.CASE_INSENSITIVE);
    }

    private static StyleRule form(
            Set<Kind> kinds, Part part, String forbidden, String why, String better, String bad, String good) {
        return new StyleRule(kinds, part, Pattern.compile(forbidden, Pattern.DOTALL), why, better, bad, good);
    }
}
