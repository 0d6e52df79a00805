package io.portward.config.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LocationTemplateTest {

    @ParameterizedTest
    @CsvSource({
        "https://{host}/new{path}, https://HOST/newPATH, true",
        "https://{authority}{uri}, https://AUTHORITYURI, true",
        "https://a.example{path}{query}, https://a.examplePATHQUERY, false",
        "https://{host}.example:8443/, https://HOST.example:8443/, true",
        "{path}, PATH, false",
        "/x{uri}, /xURI, false",
        "/, /, false"
    })
    void fillsInWhatTheRequestSays(String text, String expanded, boolean needsHost) {
        LocationTemplate template = LocationTemplate.parse(text);
        assertThat(template.expand(LocationTemplate.Variable::name)).isEqualTo(expanded);
        assertThat(template.needsHost()).isEqualTo(needsHost);
        assertThat(template.text()).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "new",
                "//{host}/",
                "//evil.example",
                "/{path}",
                "{host}/x",
                "{query}",
                "https://",
                "https://{path}",
                "https:/{path}",
                "ftp://a.example/",
                "https://a.example/{",
                "https://a.example/{HOST}",
                "https://a.example/{}",
                "https://a.example/}",
                "https://a.example/\r\nx",
                "https://a.example/\u00fc"
            })
    void refusesWhatLeadsNowhere(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> LocationTemplate.parse(text));
    }
}
