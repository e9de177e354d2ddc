// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.xml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.ErrorCode;
import org.understudy.api.UnderstudyException;

@Timeout(30)
class DomainDocumentTest {

    @Test
    void knowsThePositionOfEveryElement() {
        String text =
                "<?pi x?><!-- <a/> --><domain\n type=\"kvm\"><name>a&lt;b<![CDATA[&]]></name><devices ><disk/></devices\n></domain>";
        DomainDocument document = DomainDocument.parse(text);
        XmlElement name = document.root().child("name").orElseThrow();
        assertThat(name.content()).isEqualTo("a<b&");
        assertThat(text.substring(name.start(), name.end())).isEqualTo("<name>a&lt;b<![CDATA[&]]></name>");
        XmlElement devices = document.root().child("devices").orElseThrow();
        assertThat(text.substring(devices.start(), devices.end())).isEqualTo("<devices ><disk/></devices\n>");
        assertThat(document.devices("disk").get(0).closesItself()).isTrue();
        assertThat(document.root().attribute("type")).contains("kvm");
    }

    @Test
    void seesOnlyElementsWithoutANamespace() {
        DomainDocument document = DomainDocument.parse(
                "<domain xmlns:x='urn:x'><devices><x:disk/><disk xmlns='urn:y'/><disk/></devices></domain>");
        assertThat(document.devices("disk")).hasSize(1);
        assertThat(document.root().child("devices").orElseThrow().children()).hasSize(3);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<!DOCTYPE domain [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><domain><name>&x;</name></domain>",
                "<?xml version='1.0'?>\n<!DOCTYPE domain SYSTEM 'http://127.0.0.1:1/x.dtd'><domain/>",
                "<!DOCTYPE d [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;'>]><domain>&c;</domain>"
            })
    void refusesDocumentTypeDeclarations(String text) {
        assertRefused(text, ErrorCode.XML_REFUSED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "text",
                "<domain>",
                "<domain></Domain>",
                "<domain a='1' a='2'/>",
                "<domain a=1/>",
                "<domain/><b/>",
                "<domain>&unknown;</domain>",
                "<domain>\u0001</domain>",
                "<domain><x:y/></domain>",
                "<network/>",
                "<domain",
                "<domain><!-- -- --></domain>",
                "<domain><![CDATA[</domain>"
            })
    void namesLineAndColumnOfMalformedXml(String text) {
        assertRefused(text, ErrorCode.MALFORMED_XML);
        assertThatThrownBy(() -> DomainDocument.parse(text)).hasMessageContaining("Line ");
    }

    @Test
    void refusesOneHundredMegabytesAtOnce() {
        String huge = "<domain>" + "x".repeat(100_000_000) + "</domain>";
        // The time of this thread alone, as other programs may load the machine.
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long start = threads.getCurrentThreadCpuTime();
        assertRefused(huge, ErrorCode.XML_REFUSED);
        assertThat(Duration.ofNanos(threads.getCurrentThreadCpuTime() - start)).isLessThan(Duration.ofSeconds(1));
    }

    @Test
    void refusesTooManyElementsAndLevels() {
        assertRefused("<domain>" + "<a/>".repeat(200_000) + "</domain>", ErrorCode.XML_REFUSED);
        assertRefused("<domain>" + "<a>".repeat(200) + "</a>".repeat(200) + "</domain>", ErrorCode.XML_REFUSED);
    }

    @Test
    void refusesTooManyNamespaceDeclarationsInShortTime() {
        String prefixes =
                IntStream.range(0, 9_000).mapToObj(n -> " xmlns:p" + n + "='u'").collect(Collectors.joining());
        assertRefused("<domain>" + ("<a" + prefixes + "/>").repeat(100) + "</domain>", ErrorCode.XML_REFUSED);
    }

    @Test
    void refusesXml11WhoseLineEndsAreOthers() {
        assertRefused("<?xml version='1.1'?><domain\u0085type='kvm'/>", ErrorCode.XML_REFUSED);
        assertThat(DomainDocument.parse("<domain a='\u0085'/>").root().attribute("a"))
                .contains("\u0085");
    }

    @Test
    void readsAttributesAsXmlRequiresAndWritesThemUnchanged() {
        DomainDocument document = DomainDocument.parse("<domain a='1\r\n2\t3&#10;&#x41;&apos;'/>");
        assertThat(document.root().attribute("a")).contains("1 2 3\nA'");
        String written = new Edits(document)
                .attribute(document.root(), "b", "\n\t\r'\"<>&")
                .apply();
        assertThat(DomainDocument.parse(written).root().attribute("b")).contains("\n\t\r'\"<>&");
    }

    @Test
    void readsALargeDocument() {
        String large = "<domain>" + "<a b='c'>text</a>\n".repeat(90_000) + "</domain>";
        assertThat(DomainDocument.parse(large).root().children()).hasSize(90_000);
    }

    private static void assertRefused(String text, ErrorCode code) {
        assertThatThrownBy(() -> DomainDocument.parse(text))
                .isInstanceOf(UnderstudyException.class)
                .extracting(e -> ((UnderstudyException) e).code())
                .isEqualTo(code);
    }
}
