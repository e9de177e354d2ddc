// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.understudy.api.ErrorCode;
import org.understudy.api.PairHealth;
import org.understudy.api.UnderstudyException;

class PairHealthStateMachineTest {
    private static final List<PairEvent> EVENTS = List.of(
            new PairEvent.Started(),
            new PairEvent.Stopped(),
            new PairEvent.Diverged(),
            new PairEvent.Converged(),
            new PairEvent.Negotiated(),
            new PairEvent.SeenHidden(),
            new PairEvent.SeenPlugged(),
            new PairEvent.SeenEnabled(),
            new PairEvent.SeenMissing(),
            new PairEvent.UnplugRequested(),
            new PairEvent.Released(),
            new PairEvent.UnplugAborted(),
            new PairEvent.WasReset(),
            new PairEvent.VfLost());

    /** One row for each health, one cell for each event of {@link #EVENTS}; a dash is an illegal transition. */
    private static final String EXPECTED = """
            OFF             HIDDEN OFF PENDING_RESTART OFF - - - - - - - - - -
            PENDING_RESTART - OFF PENDING_RESTART OFF - - - - - - - - PENDING_RESTART -
            HIDDEN          - OFF PENDING_RESTART - PARTIAL HIDDEN PARTIAL ACTIVE FAULT - - HIDDEN HIDDEN FAULT
            ACTIVE          - OFF PENDING_RESTART - ACTIVE - PARTIAL ACTIVE FAULT UNPLUGGING ON_STANDBY ACTIVE PARTIAL FAULT
            ON_STANDBY      - OFF PENDING_RESTART - PARTIAL HIDDEN PARTIAL ACTIVE ON_STANDBY - ON_STANDBY PARTIAL ON_STANDBY FAULT
            UNPLUGGING      - OFF PENDING_RESTART - UNPLUGGING - - - - UNPLUGGING ON_STANDBY PARTIAL UNPLUGGING FAULT
            PARTIAL         - OFF PENDING_RESTART - PARTIAL HIDDEN PARTIAL ACTIVE FAULT UNPLUGGING ON_STANDBY PARTIAL PARTIAL FAULT
            FAULT           - OFF PENDING_RESTART - PARTIAL HIDDEN PARTIAL ACTIVE FAULT - - FAULT FAULT FAULT
            """;

    static Stream<Arguments> everyCombination() {
        return EXPECTED.lines().flatMap(line -> {
            String[] cells = line.strip().split(" +");
            PairHealth from = PairHealth.valueOf(cells[0]);
            return Stream.iterate(0, i -> i < EVENTS.size(), i -> i + 1)
                    .map(i -> Arguments.of(from, EVENTS.get(i), cells[i + 1]));
        });
    }

    @ParameterizedTest(name = "{0} on {1} gives {2}")
    @MethodSource("everyCombination")
    void followsTheTable(PairHealth from, PairEvent event, String expected) {
        if (expected.equals("-")) {
            assertThatThrownBy(() -> PairHealthStateMachine.next(from, event))
                    .isInstanceOfSatisfying(
                            UnderstudyException.class,
                            e -> assertThat(e.code()).isEqualTo(ErrorCode.ILLEGAL_TRANSITION))
                    .hasMessageContaining(from.name());
        } else {
            assertThat(PairHealthStateMachine.next(from, event)).isEqualTo(PairHealth.valueOf(expected));
        }
    }

    @Test
    void coversEveryHealthAndEveryEvent() {
        assertThat(EXPECTED.lines().map(l -> l.split(" ")[0]))
                .containsExactlyInAnyOrderElementsOf(
                        Arrays.stream(PairHealth.values()).map(Enum::name).toList());
        assertThat(EVENTS.stream().map(e -> e.getClass().getName()))
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(PairEvent.class.getPermittedSubclasses())
                        .map(Class::getName)
                        .toList());
        assertThat(everyCombination()).hasSize(PairHealth.values().length * EVENTS.size());
    }
}
