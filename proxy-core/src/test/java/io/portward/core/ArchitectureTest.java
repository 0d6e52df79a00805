package io.portward.core;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A package uses only what stands on a line above its own. */
class ArchitectureTest {

    private static final List<List<String>> LEVELS = Stream.of(
                    List.of("error"),
                    List.of("observe", "route", "transport", "limit"),
                    List.of("tls", "proxyprotocol", "http"),
                    List.of("relay"),
                    List.of("upstream"),
                    List.of("exchange"),
                    List.of("http1", "http2", "tcp"),
                    List.of("connection"))
            .map(level -> level.stream().map(name -> "io.portward.core." + name).toList())
            .toList();

    private final JavaClasses classes = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.portward.core");

    @Test
    void packagesUseOnlyLowerLevels() {
        for (int level = 0; level < LEVELS.size(); level++) {
            for (String name : LEVELS.get(level)) {
                String[] forbidden = LEVELS.subList(level, LEVELS.size()).stream()
                        .flatMap(List::stream)
                        .filter(other -> !other.equals(name))
                        .toArray(String[]::new);
                if (forbidden.length > 0) {
                    noClasses()
                            .that()
                            .resideInAPackage(name)
                            .should()
                            .dependOnClassesThat()
                            .resideInAnyPackage(forbidden)
                            .allowEmptyShould(true)
                            .check(classes);
                }
            }
        }
    }

    @Test
    void everyPackageHasALevel() {
        noClasses()
                .should()
                .resideOutsideOfPackages(LEVELS.stream().flatMap(List::stream).toArray(String[]::new))
                .check(classes);
    }

    @Test
    void packagesAreFreeOfCycles() {
        slices().matching("io.portward.core.(**)").should().beFreeOfCycles().check(classes);
    }

    @Test
    void knowsNeitherYamlNorMetrics() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "org.yaml..", "io.micrometer..", "io.portward.config.yaml..", "io.portward.server..")
                .check(classes);
    }
}
