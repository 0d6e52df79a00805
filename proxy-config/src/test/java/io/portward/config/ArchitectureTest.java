package io.portward.config;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A package uses only what stands before it in this list. */
class ArchitectureTest {

    private static final List<List<String>> LEVELS = List.of(
            List.of("io.portward.config.model", "io.portward.config.pem"),
            List.of("io.portward.config.validate"),
            List.of("io.portward.config.yaml"));

    private final JavaClasses classes = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.portward.config");

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
        slices().matching("io.portward.config.(**)").should().beFreeOfCycles().check(classes);
    }

    @Test
    void knowsNeitherNettyNorMetricsNorLogging() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.netty..", "io.micrometer..", "org.slf4j..")
                .check(classes);
    }

    @Test
    void yamlStaysInItsPackageAndBouncyCastleInItsOwn() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.portward.config.yaml")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.yaml..")
                .check(classes);
        noClasses()
                .that()
                .resideOutsideOfPackage("io.portward.config.pem")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.bouncycastle..")
                .check(classes);
    }
}
