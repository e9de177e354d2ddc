// SPDX-License-Identifier: Apache-2.0
package org.understudy.core.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.understudy.api.ErrorCode;
import org.understudy.api.Finding;
import org.understudy.api.FindingCode;
import org.understudy.api.HostName;
import org.understudy.api.Severity;
import org.understudy.api.UnderstudyException;
import org.understudy.api.VmName;
import org.understudy.api.VmOnHost;
import org.understudy.api.VmState;
import org.understudy.api.VmUuid;
import org.understudy.concurrent.DeadlineFanOut;
import org.understudy.concurrent.testing.VirtualTimeScheduler;
import org.understudy.core.inventory.VmLocator.Survey;
import org.understudy.core.testing.FakeDefinitionHost;
import org.understudy.core.testing.FakeHosts;

class VmLocatorTest {
    private static final VmName WEB1 = new VmName("web1");

    private static final UUID OTHER = new UUID(0, 7);

    private static final Duration FIND_LIMIT = Duration.ofSeconds(8);

    private final FakeDefinitionHost alpha = new FakeDefinitionHost("alpha");
    private final FakeDefinitionHost beta = new FakeDefinitionHost("beta");
    private final FakeDefinitionHost gamma = new FakeDefinitionHost("gamma");
    private final FakeHosts fakeHosts = new FakeHosts(alpha, beta, gamma);
    private final VirtualTimeScheduler time = new VirtualTimeScheduler();
    private final VmLocator locator = new VmLocator(fakeHosts.registry, time);

    @AfterEach
    void close() {
        List.of(alpha, beta, gamma).forEach(FakeDefinitionHost::recover);
        locator.close();
        fakeHosts.close();
        time.close();
    }

    private CompletableFuture<Survey> survey() {
        return inBackground(() -> locator.survey(WEB1));
    }

    private static CompletableFuture<Survey> inBackground(Supplier<Survey> survey) {
        return CompletableFuture.supplyAsync(survey, task -> new Thread(task).start());
    }

    /** Lets the deadline of a survey pass when only this number of hosts has not answered. */
    private void passDeadline(int hanging, Duration limit) {
        await().until(() -> time.waiting() == 1 && locator.inFlight() == hanging);
        time.pass(limit);
    }

    @Test
    void readsOnlyTheOneVmFromEachHost() {
        alpha.with("web1", VmState.RUNNING).with("web2", VmState.RUNNING);
        beta.with("web1", VmState.INCOMING);

        Survey survey = locator.survey(WEB1);

        assertThat(survey.claims()).containsOnlyKeys(WEB1);
        assertThat(survey.incoming()).hasSize(1);
        assertThat(alpha.questions()).containsExactly("find web1");
        assertThat(beta.questions()).containsExactly("find web1");
    }

    @Test
    void callsAllHostsBeforeTheFirstHasAnswered() {
        List.of(alpha, beta, gamma).forEach(FakeDefinitionHost::hang);

        CompletableFuture<Survey> survey = survey();

        for (FakeDefinitionHost host : List.of(alpha, beta, gamma)) {
            await().until(() -> host.questions().equals(List.of("find web1")));
        }
        passDeadline(3, FIND_LIMIT);
        assertThat(survey.join().unanswered())
                .extracting(s -> s.host().value())
                .containsExactly("alpha", "beta", "gamma");
    }

    @Test
    void waitsOneDeadlineForAHostThatHangsAndReportsIt() {
        alpha.with("web1", VmState.SHUTOFF);
        beta.hang();
        CompletableFuture<Survey> survey = survey();
        await().until(() -> locator.inFlight() == 1);
        assertThat(survey).isNotDone();

        passDeadline(1, FIND_LIMIT);

        Survey answered = survey.join();
        assertThat(answered.locate(WEB1).host().name()).isEqualTo(alpha.name());
        assertThat(answered.unansweredFindings(WEB1)).singleElement().satisfies(finding -> {
            assertThat(finding.code()).isEqualTo(FindingCode.HOST_UNAVAILABLE);
            assertThat(finding.severity()).isEqualTo(Severity.WARNING);
            assertThat(finding.message())
                    .isEqualTo("Host beta did not answer within 8 s; whether VM 'web1' runs there is unknown");
        });
        assertThat(time.waiting()).isZero();
    }

    @Test
    void listsTheVmsOfTheHostsThatAnswer() {
        alpha.with("web1", VmState.RUNNING).with("web2", VmState.SHUTOFF);
        beta.hang();
        CompletableFuture<Survey> survey = inBackground(locator::survey);

        passDeadline(1, Duration.ofSeconds(30));

        assertThat(survey.join().claims()).containsOnlyKeys(WEB1, new VmName("web2"));
        assertThat(survey.join().unanswered())
                .extracting(UnansweredHost::toString)
                .containsExactly("beta (did not answer within 30 s)");
    }

    @Test
    void refusesANameOfTwoVmsAndNamesHowToAddressEach() {
        alpha.with("web1", VmState.RUNNING);
        beta.with("web1", OTHER, VmState.SHUTOFF);

        assertThatThrownBy(() -> locator.locate(WEB1))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.VM_AMBIGUOUS))
                .hasMessage("VM name 'web1' is ambiguous: alpha/web1 (UUID 00000000-0000-0001-0000-000000000002),"
                        + " beta/web1 (UUID " + OTHER + ")");
        assertThat(locator.locate(new VmOnHost(alpha.name(), "web1")).host().name())
                .isEqualTo(alpha.name());
        assertThat(locator.locate(new VmOnHost(beta.name(), "web1")).vm().uuid())
                .isEqualTo(OTHER);
        assertThat(locator.locate(new VmUuid(OTHER)).host().name()).isEqualTo(beta.name());
    }

    @Test
    void findsTheCopyOfAVmOnANamedHost() {
        alpha.with("web1", VmState.RUNNING);
        beta.with("web1", VmState.SHUTOFF);

        assertThat(locator.locate(WEB1).host().name()).isEqualTo(alpha.name());
        assertThat(locator.locate(new VmOnHost(beta.name(), "web1")).host().name())
                .isEqualTo(beta.name());
        assertThat(locator.locate(new VmOnHost(beta.name(), new UUID(1, 2).toString()))
                        .host()
                        .name())
                .isEqualTo(beta.name());
    }

    @Test
    void prefersAUuidToANameOfTheSameForm() {
        alpha.with(OTHER.toString(), VmState.RUNNING);
        assertThat(locator.locate(new VmUuid(OTHER)).host().name()).isEqualTo(alpha.name());

        beta.with("web1", OTHER, VmState.RUNNING);
        assertThat(locator.locate(new VmUuid(OTHER)).host().name()).isEqualTo(beta.name());
    }

    @Test
    void reportsWhyANamedHostDoesNotHaveTheVm() {
        alpha.with("web1", VmState.RUNNING);
        beta.fail(new UnderstudyException(ErrorCode.LIBVIRT_ERROR, "no connection"));

        assertCode(ErrorCode.VM_NOT_FOUND, new VmOnHost(gamma.name(), "web1"), "'web1' is not on host gamma");
        assertCode(ErrorCode.HOST_UNAVAILABLE, new VmOnHost(beta.name(), "web1"), "no connection");
        assertCode(ErrorCode.HOST_NOT_FOUND, new VmOnHost(new HostName("zeta"), "web1"), "zeta");
    }

    private void assertCode(ErrorCode code, VmOnHost vm, String message) {
        assertThatThrownBy(() -> locator.locate(vm))
                .isInstanceOfSatisfying(
                        UnderstudyException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(message);
    }

    @Test
    void keepsTheCauseOfAnUnansweredCall() {
        UnderstudyException failure = new UnderstudyException(ErrorCode.LIBVIRT_ERROR, "no connection");
        IllegalStateException defect = new IllegalStateException("a defect");
        beta.fail(failure);
        gamma.fail(defect);

        assertThatThrownBy(() -> locator.locate(WEB1))
                .isInstanceOfSatisfying(UnderstudyException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.HOST_UNAVAILABLE);
                    assertThat(e.getSuppressed()).containsExactly(failure, defect);
                })
                .hasMessageContaining("beta (did not answer: no connection)");
        assertThat(locator.survey(WEB1).unansweredFindings(WEB1))
                .extracting(Finding::message)
                .first()
                .asString()
                .startsWith("Host beta did not answer: no connection; whether VM");
    }

    @Test
    void skipsAHostWithTooManyHangingCallsUntilItRecovers() {
        beta.hang();
        for (int i = 0; i < DeadlineFanOut.MAX_OVERDUE; i++) {
            CompletableFuture<Survey> survey = survey();
            passDeadline(i + 1, FIND_LIMIT);
            assertThat(survey.join().unanswered()).hasSize(1);
        }

        assertThat(locator.survey(WEB1).unanswered())
                .extracting(UnansweredHost::toString)
                .containsExactly("beta (did not answer within 8 s)");
        assertThat(beta.questions()).hasSize(DeadlineFanOut.MAX_OVERDUE);

        beta.recover();
        await().until(() -> locator.inFlight() == 0);
        await().until(() -> locator.survey(WEB1).unanswered().isEmpty());
    }
}
