package io.portward.config.validate;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.re2j.Pattern;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PathRegexRulesTest {

    private static List<String> warnings(String regex) {
        assertThat(Pattern.compile(regex)).isNotNull();
        Problems problems = new Problems("test.yaml");
        PathRegexRules.check(regex, "pathRegex", problems);
        assertThat(problems.hasErrors()).isFalse();
        return problems.all().stream().map(Problem::message).toList();
    }

    @ParameterizedTest
    @CsvSource({
        "/a%2Fb, %2F",
        "/a%2fb, %2F",
        "(?i)/a%2fb, %2F",
        "/[a-z]+%5C.*, %5C",
        "/a;v=[0-9], ;",
        "/a\\;v=(1|2), ;",
        "/\\Qa;b\\E, ;",
        "/(a|b)%2F+, %2F",
        "/[[:alpha:]];, ;",
        "/[]a];, ;"
    })
    void warnsOfWhatIsReadInDifferentWays(String regex, String needed) {
        assertThat(warnings(regex))
                .containsExactly("never matches: a path with '" + needed
                        + "' is refused unless the route matches it in every way in which servers read it");
    }

    @ParameterizedTest
    @CsvSource({
        "/%c3%bc, '%c3', paths hold '%C3' there",
        "/(a|%C3%bc), '%bc', paths hold '%BC' there",
        "/(%2F|%2f), '%2f', paths hold '%2F' there",
        "/%7Eme, '%7E', paths hold '~' there",
        "(?i)/%61, '%61', paths hold 'a' there",
        "/%00, '%00', such paths are refused"
    })
    void warnsOfEscapesThatPathsDoNotHold(String regex, String escape, String why) {
        assertThat(warnings(regex)).containsExactly("'" + escape + "' matches nothing: " + why);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/users/[0-9]+(/.*)?",
                "/%C3%BC",
                "(?i)/%c3%bc",
                "/a(%2F|/)b",
                "/a%2F|/b",
                "/a%2F?b",
                "/a;?",
                "/a;*b",
                "/a;{0,3}",
                "/a(;v=1)?",
                "/a[;%]2Fb",
                "/%[cC]3",
                "/%\\x412F",
                "/%25",
                "/(?P<name>a|;)x",
                "/(?:;|a)",
                "/a\\pL{2}",
                "/[\\];]x"
            })
    void saysNothingOfOtherExpressions(String regex) {
        assertThat(warnings(regex)).isEmpty();
    }
}
