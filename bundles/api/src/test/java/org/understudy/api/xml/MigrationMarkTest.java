// SPDX-License-Identifier: Apache-2.0
package org.understudy.api.xml;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.understudy.api.MigrationId;

class MigrationMarkTest {
    private static final MigrationId FIRST = new MigrationId("m-20261101-101500-12345678");
    private static final MigrationId SECOND = new MigrationId("m-20261101-101500-87654321");
    private static final String PLAIN = """
            <domain type='kvm'>
              <name>web1</name>
              <uuid>6dbd2d29-ea5a-4aa2-a7c2-e2d1d64bd36b</uuid>
              <devices/>
            </domain>
            """;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<domain/>",
                "<domain><name>web1</name><devices/></domain>",
                "<domain><name>web1</name><metadata/><devices/></domain>",
                "<domain><metadata>\n  <a:b xmlns:a='urn:a'/>\n</metadata><name>web1</name></domain>",
                PLAIN
            })
    void isReadBackFromEachFormOfADefinition(String definition) {
        String marked = MigrationMark.set(definition, FIRST);

        assertThat(MigrationMark.of(definition)).isEmpty();
        assertThat(MigrationMark.of(marked)).contains(FIRST);
        assertThat(MigrationMark.of(MigrationMark.remove(marked))).isEmpty();
    }

    @Test
    void followsTheElementsThatIdentifyTheVm() {
        assertThat(MigrationMark.set(PLAIN, FIRST))
                .containsSubsequence("</uuid>\n  <metadata><understudy:migration ", "</metadata>\n  <devices/>");
    }

    @Test
    void isReplacedByTheNextMigration() {
        String twice = MigrationMark.set(MigrationMark.set(PLAIN, FIRST), SECOND);

        assertThat(MigrationMark.of(twice)).contains(SECOND);
        assertThat(twice).doesNotContain(FIRST.value());
    }

    @Test
    void isFoundWithThePrefixThatAnotherProgramGaveIt() {
        String rewritten = MigrationMark.set(PLAIN, FIRST)
                .replace("understudy:migration", "ns0:migration")
                .replace("xmlns:understudy", "xmlns:ns0");

        assertThat(MigrationMark.of(rewritten)).contains(FIRST);
    }

    @Test
    void leavesADefinitionWithoutAMarkAsItIs() {
        assertThat(MigrationMark.remove(PLAIN)).isSameAs(PLAIN);
    }
}
