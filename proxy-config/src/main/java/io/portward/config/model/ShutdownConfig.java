package io.portward.config.model;

import java.time.Duration;

/** @param grace how long connections may finish what they began before they are cut */
public record ShutdownConfig(Duration grace) {}
