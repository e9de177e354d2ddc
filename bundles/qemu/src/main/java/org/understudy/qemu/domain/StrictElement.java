// SPDX-License-Identifier: Apache-2.0
package org.understudy.qemu.domain;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.understudy.api.PciAddress;
import org.understudy.api.xml.Passwords;
import org.understudy.api.xml.PciXml;
import org.understudy.api.xml.XmlElement;

/**
 * An XML element that records which parts were read, so that {@link #reportUnread} can report the rest. Each access
 * marks an attribute or child as read.
 */
final class StrictElement {
    private final XmlElement element;
    private final String path;
    private final FindingCollector collector;
    private final Set<String> attributesRead = new HashSet<>();
    private final Map<XmlElement, StrictElement> childrenRead = new LinkedHashMap<>();
    /** The number of children by name; empty until it is needed. */
    private final Map<String, Integer> counts = new HashMap<>();

    private boolean textRead;
    private boolean allRead;

    StrictElement(XmlElement element, String path, FindingCollector collector) {
        this.element = element;
        this.path = path;
        this.collector = collector;
    }

    String name() {
        return element.localName();
    }

    String path() {
        return path;
    }

    FindingCollector collector() {
        return collector;
    }

    Optional<String> attribute(String name) {
        attributesRead.add(name);
        return element.attribute(name);
    }

    /**
     * Returns the attribute if its value is supported; otherwise reports a finding and returns the first supported
     * value.
     */
    String choice(String attribute, String... supported) {
        String value = attribute(attribute).orElse(supported[0]);
        if (!List.of(supported).contains(value)) {
            collector.unsupported(path + "/@" + attribute, value, "Use one of: " + String.join(", ", supported) + ".");
            return supported[0];
        }
        return value;
    }

    /** True for {@code yes} or {@code on}; reports a finding for any value except yes, on, no, off. */
    boolean flag(String attribute, boolean whenAbsent) {
        Optional<String> value = attribute(attribute);
        if (value.isEmpty()) {
            return whenAbsent;
        }
        String chosen = choice(attribute, whenAbsent ? "yes" : "no", "yes", "on", "no", "off");
        return chosen.equals("yes") || chosen.equals("on");
    }

    Optional<Integer> number(String attribute) {
        return attribute(attribute).flatMap(text -> integer(attribute, text));
    }

    private Optional<Integer> integer(String attribute, String text) {
        try {
            return Optional.of(Integer.decode(text.strip()));
        } catch (NumberFormatException e) {
            collector.unsupported(path + "/@" + attribute, text, "Set " + attribute + " to a whole number.");
            return Optional.empty();
        }
    }

    /** The PCI address in the attributes; reports a finding and returns nothing if a part is not valid. */
    Optional<PciAddress> pciAddress() {
        Optional<PciAddress> address = PciXml.address(this::attribute);
        if (address.isEmpty()) {
            collector.unsupported(
                    path, summary(element), "Set domain, bus, slot and function to the parts of a PCI address.");
        }
        return address;
    }

    String text() {
        textRead = true;
        return element.content();
    }

    Optional<StrictElement> child(String name) {
        return children(name).stream().findFirst();
    }

    /** The text of a child; empty without such a child. */
    Optional<String> textOf(String child) {
        return child(child).map(StrictElement::text);
    }

    List<StrictElement> children(String... names) {
        Set<String> nameSet = Set.of(names);
        List<StrictElement> found = new ArrayList<>();
        Map<String, Integer> positions = new LinkedHashMap<>();
        for (XmlElement child : element.children()) {
            String name = child.localName();
            int position = positions.merge(name, 1, Integer::sum);
            if (child.namespace().isEmpty() && nameSet.contains(name)) {
                found.add(childrenRead.computeIfAbsent(
                        child, c -> new StrictElement(c, path + "/" + name + suffix(position, name), collector)));
            }
        }
        return found;
    }

    private String suffix(int position, String name) {
        if (counts.isEmpty()) {
            element.children().forEach(child -> counts.merge(child.localName(), 1, Integer::sum));
        }
        return counts.get(name) > 1 ? "[" + position + "]" : "";
    }

    /** Marks this element and everything in it as read. */
    void ignore() {
        allRead = true;
    }

    /** Reports the attribute if its value differs from the fixed value of this machine type. */
    void requireFixed(String attribute, int value) {
        number(attribute)
                .filter(n -> n != value)
                .ifPresent(n -> collector.unsupported(
                        path + "/@" + attribute, String.valueOf(n), "Use " + value + ", or remove the attribute."));
    }

    /** Marks children and everything in them as read. */
    void ignoreChildren(String... names) {
        children(names).forEach(StrictElement::ignore);
    }

    /** Reports every unread attribute, child and text of this element and its descendants. */
    void reportUnread() {
        if (allRead) {
            return;
        }
        for (XmlElement.Attribute attribute : element.attributes()) {
            if (!attribute.name().startsWith("xmlns") && !attributesRead.contains(attribute.name())) {
                collector.unsupported(
                        path + "/@" + attribute.name(),
                        shown(attribute),
                        "Remove the attribute " + attribute.name() + ".");
            }
        }
        for (XmlElement child : element.children()) {
            StrictElement read = childrenRead.get(child);
            if (read == null) {
                collector.unsupported(
                        path + "/" + child.name(), summary(child), "Remove the element " + child.name() + ".");
            } else {
                read.reportUnread();
            }
        }
        if (!textRead && element.children().isEmpty() && !element.content().isEmpty()) {
            collector.unsupported(path, element.content(), "Remove the text of " + path + ".");
        }
    }

    /** Findings are stored and logged, so they contain no password. */
    private static String shown(XmlElement.Attribute attribute) {
        return Passwords.isPassword(attribute.name()) ? Passwords.MASK : attribute.value();
    }

    private static String summary(XmlElement child) {
        String text = Stream.concat(
                        child.attributes().stream().map(a -> a.name() + "='" + shown(a) + "'"),
                        Stream.of(child.content()))
                .collect(Collectors.joining(" "))
                .strip();
        return text.length() > 80 ? text.substring(0, 80) + "..." : text;
    }
}
