// SPDX-License-Identifier: Apache-2.0
package org.understudy.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class VmNameTest {
    private static final UUID ID = UUID.fromString("6f1c7f8e-4d1b-4b0c-9a52-3f5f1f3c0a01");
    private static final HostName ALPHA = new HostName("alpha");
    private static final HostName BETA = new HostName("beta");

    /** What libvirt accepts as the name of a VM, and more. */
    static Stream<String> names() {
        return Stream.of(
                "web server 1",
                " web1 ",
                "a:b",
                "it's",
                "\"web\"",
                "-rf",
                "--host",
                ".",
                "..",
                ".hidden",
                "100%",
                "%2e%2e",
                "a+b",
                "a\\b",
                "$(reboot)",
                "`reboot`",
                ";reboot",
                "a&b|c>d",
                "~",
                "a~20b",
                "a/b",
                "b\u00FCro",
                "\u5317\u4EAC",
                "\uD83D\uDC68\u200D\uD83D\uDC69",
                "\u202Egnp.exe",
                "\u05D0\u05D1",
                "tab\there",
                "cr\rhere",
                "line\nhere",
                "\u001B[2J",
                "next\u0085line",
                "\u2028",
                "x".repeat(100),
                "\u00E4".repeat(100),
                "\uD83D\uDE00".repeat(62),
                ID.toString());
    }

    @ParameterizedTest
    @MethodSource("names")
    void hasAnEncodedFormThatIsSafeAndReversible(String name) {
        String encoded = new VmName(name).encoded();

        assertThat(encoded).matches("[A-Za-z0-9_~][A-Za-z0-9_.~-]*");
        assertThat(VmName.decoded(encoded)).isEqualTo(new VmName(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"web1", "Web_1.example-2", "_", "1-2.3"})
    void encodesANameOfPlainCharactersAsItself(String name) {
        assertThat(new VmName(name).encoded()).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "~", "~2", "~zz", "~2f~", "-a", ".a", "~FF", "\u00FC"})
    void refusesATextThatIsNoEncodedName(String text) {
        assertThatThrownBy(() -> VmName.decoded(text))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
    }

    @ParameterizedTest
    @MethodSource("names")
    void isShownOnOneLineInOneDirectionAndWithoutControlCharacters(String name) {
        String shown = new VmName(name).toString();

        assertThat(shown.codePoints().filter(c -> Character.isISOControl(c) || c == 0x2028 || c == 0x202E))
                .isEmpty();
    }

    @Test
    void isShownAsItIsApartFromWhatCouldForgeALine() {
        assertThat(new VmName("b\u00FCro \uD83D\uDE00 'x'")).hasToString("b\u00FCro \uD83D\uDE00 'x'");
        assertThat(new VmName("a\nERROR \u001B[0m\u202E")).hasToString("a\\u000AERROR \\u001B[0m\\u202E");
    }

    @Test
    void refusesOnlyAnEmptyName() {
        assertThatThrownBy(() -> new VmName(""))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT));
    }

    @Test
    void readsNameUuidAndHostOfAnAddress() {
        assertThat(VmOnHost.parse("web 1")).isEqualTo(new VmName("web 1"));
        assertThat(VmOnHost.parse(ID.toString())).isEqualTo(new VmUuid(ID));
        assertThat(VmOnHost.parse(ID.toString().toUpperCase(Locale.ROOT))).isEqualTo(new VmUuid(ID));
        assertThat(VmOnHost.parse("alpha/-rf")).isEqualTo(new VmOnHost(ALPHA, "-rf"));
        assertThat(VmOnHost.parse("alpha/" + ID)).isEqualTo(new VmOnHost(ALPHA, ID.toString()));
        for (String noHost : List.of("/web1", "alpha/", "not a host/web1", "../etc")) {
            assertThat(VmOnHost.parse(noHost)).isEqualTo(new VmName(noHost));
        }
    }

    @Test
    void anAddressMatchesTheVmThatItNames() {
        String web1 = "web1";

        assertThat(new VmName(web1).matches(ALPHA, web1, ID)).isTrue();
        assertThat(new VmUuid(ID).matches(BETA, web1, ID)).isTrue();
        assertThat(new VmUuid(ID).matches(BETA, ID.toString(), new UUID(1, 2))).isTrue();
        assertThat(new VmOnHost(ALPHA, "web1").matches(ALPHA, web1, ID)).isTrue();
        assertThat(new VmOnHost(ALPHA, "web1").matches(BETA, web1, ID)).isFalse();
        assertThat(new VmOnHost(ALPHA, ID.toString()).matches(ALPHA, web1, ID)).isTrue();
        assertThat(new VmOnHost(ALPHA, "web1").matches(ALPHA, "web2", ID)).isFalse();
    }
}
