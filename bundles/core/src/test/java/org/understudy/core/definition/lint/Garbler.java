// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.definition.lint;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.understudy.api.xml.DomainDocument;
import org.understudy.api.xml.Edits;
import org.understudy.api.xml.XmlElement;

/** Generates well-formed definitions with broken pairs: elements removed or duplicated, values replaced. */
final class Garbler {
    private static final List<String> VALUES = List.of(
            "",
            "-1",
            "0x0",
            "0x02",
            "99999999999",
            "pci",
            "hostdev",
            "network",
            "virtio",
            "e1000e",
            "persistent",
            "transient",
            "ua-standby0",
            "ua-standby1",
            "ua-vf0",
            "net0",
            "52:54:00:aa:bb:01",
            "53:54:00:aa:bb:01",
            "off",
            "on",
            "no",
            "&lt;&apos;&amp;&#10;");

    private Garbler() {}

    static String garble(Random random) {
        String text = random.nextBoolean()
                ? Documents.withDevice(Documents.SECOND_STANDBY + Documents.SECOND_PRIMARY)
                : Documents.replace(
                        Documents.emulated(),
                        "</interface>\n  </devices>",
                        "</interface>" + Documents.SECOND_STANDBY + "\n  </devices>");
        for (int changes = 1 + random.nextInt(6); changes > 0; changes--) {
            text = change(text, random);
        }
        return text;
    }

    private static String change(String text, Random random) {
        DomainDocument document = DomainDocument.parse(text);
        List<XmlElement> elements = new ArrayList<>();
        document.root().children().forEach(child -> collect(child, elements));
        XmlElement element = elements.get(random.nextInt(elements.size()));
        Edits edits = new Edits(document);
        int kind = random.nextInt(10);
        if (kind == 0 && elements.size() > 10) {
            edits.remove(element);
        } else if (kind == 1 && !element.is("devices")) {
            edits.insert(element.end(), text.substring(element.start(), element.end()));
        } else if (!element.attributes().isEmpty()) {
            var attribute =
                    element.attributes().get(random.nextInt(element.attributes().size()));
            String value = VALUES.get(random.nextInt(VALUES.size()));
            edits.replace(attribute.valueStart(), attribute.valueEnd(), value);
        }
        String changed = edits.apply();
        return changed.contains("urn:x") ? changed : text;
    }

    private static void collect(XmlElement element, List<XmlElement> elements) {
        elements.add(element);
        element.children().forEach(child -> collect(child, elements));
    }
}
