package io.portward.config.validate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ProblemsTest {

    private final Problems problems = new Problems("a.yaml");

    @Test
    void findsThePositionOfTheNearestKnownPath() {
        problems.locate("", new Position(1, 1));
        problems.locate("ports", new Position(2, 3));
        problems.locate("ports[1]", new Position(4, 5));

        problems.error("ports[1].routes[0].backend", "a");
        problems.error("ports[0].listen", "b");
        problems.error("admin.listen", "c");

        assertThat(problems.errors())
                .extracting(Problem::toString)
                .containsExactly(
                        "a.yaml:1:1: error: admin.listen: c",
                        "a.yaml:2:3: error: ports[0].listen: b",
                        "a.yaml:4:5: error: ports[1].routes[0].backend: a");
    }

    @Test
    void dropsWhatFollowsFromAnErrorAlreadyReported() {
        problems.errorAt(new Position(1, 1), "ports[0]", "wrong");

        problems.error("ports[0].listen", "follows");
        problems.warning("ports[0]", "follows");
        problems.error("ports[1].listen", "another");
        problems.error("ports", "above");

        assertThat(problems.all()).extracting(Problem::message).containsExactly("wrong", "another", "above");
    }

    @Test
    void throwsOnlyForErrors() {
        problems.warning("log", "doubtful");
        assertThatCode(problems::throwIfErrors).doesNotThrowAnyException();

        problems.error("tls", "wrong");
        assertThatThrownBy(problems::throwIfErrors).isInstanceOfSatisfying(ConfigurationException.class, e -> {
            assertThat(e.problems()).hasSize(2);
            assertThat(e.errors()).extracting(Problem::path).containsExactly("tls");
        });
    }

    @Test
    void keepsTerminalsSafe() {
        Problem problem =
                new Problem(Severity.ERROR, "a.yaml", new Position(1, 1), "a\nb", "\u001b[2J\u202e" + "x".repeat(5000));

        assertThat(problem.path()).isEqualTo("a\\u000ab");
        assertThat(problem.message())
                .startsWith("\\u001b[2J\\u202exxx")
                .endsWith("x\u2026")
                .hasSizeLessThan(620);
    }
}
