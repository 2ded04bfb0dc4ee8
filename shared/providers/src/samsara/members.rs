//! The members that records are known to have, mapped or not: what the provider's documents name, and what the mapping adds to a source.
//! Others are told as schema drift.

pub(super) const DRIVER_SAFETY_EVENT: &str = "\
    asset assignedCoach behaviorLabels city contextLabels createdAtTime detectedStreams dismissalReason driver endMs \
    eventState id inboxEventUrl incidentReportUrl location maxAccelerationGForce media speedingMetadata startMs state \
    tripEndTime tripStartTime updatedAtTime updatedByUserId";

pub(super) const DRIVER_VEHICLE_ASSOCIATION: &str = "\
    assignedAtTime assignmentType driver endTime isPassenger metadata startTime vehicle";

pub(super) const DVIR_LOG: &str = "\
    authorSignature defectIds dvirSubmissionBeginTime dvirSubmissionTime formattedAddress id mechanicNotes odometerMeters \
    safetyStatus secondSignature thirdSignature trailer type updatedAtTime vehicle walkaroundPhotos";

pub(super) const DVIR_LOG_DEFECT: &str = "\
    ExternalIds comment createdAtTime defectPhotos defectSafetyStatus defectType defectTypeId dvirId id isResolved label \
    mechanicNotes mechanicNotesUpdatedAtTime name resolvedAtTime resolvedBy severity trailer type updatedAtTime vehicle";

pub(super) const ENGINE_STATUS: &str = "\
    decorations time value";

pub(super) const HOS_AVAILABILITY: &str = "\
    clocks currentDutyStatus currentVehicle driver eldSettings violations";

pub(super) const HOS_DAILY_SNAPSHOT: &str = "\
    distanceTraveled driver dutyStatusDurations endTime logMetaData pendingDutyStatusDurations startTime";

pub(super) const HOS_EVENT: &str = "\
    accumulatedVehicleMeters codrivers dailyLog driver elapsedEngineHours eldEvent eldEventCode eldEventRecordOrigin \
    eldEventRecordStatus eldEventType eldEvents endTime hosLogs hosStatusType location logEndTime logRecordedLocation \
    logStartTime malfunctionDiagnosticCode remark startTime time totalEngineHours totalVehicleMeters vehicle";

pub(super) const HOS_VIOLATION: &str = "\
    carriesPassengers day description driver durationMs type violationStartTime";

pub(super) const IFTA_SUMMARY: &str = "\
    jurisdictions vehicle";

pub(super) const MESSAGE: &str = "\
    driverId isRead sender sentAtMs text";

pub(super) const TRAILER: &str = "\
    enabledForMobile externalIds id installedGateway licensePlate name notes tags trailerSerialNumber";

pub(super) const TRAILER_LOCATION: &str = "\
    address headingDegrees isEcuSpeed latitude longitude reverseGeo speedMilesPerHour time";

pub(super) const TRAILER_STATUS: &str = "\
    description externalIds gps id name reeferAlarms reeferAmbientAirTemperatureMilliC reeferDoorStateZone1 \
    reeferDoorStateZone2 reeferFuelPercent reeferObdEngineSeconds reeferReturnAirTemperatureMilliCZone1 \
    reeferReturnAirTemperatureMilliCZone2 reeferRunMode reeferSetPointTemperatureMilliCZone1 \
    reeferSetPointTemperatureMilliCZone2 reeferStateZone1 reeferStateZone2 reeferSupplyAirTemperatureMilliCZone1 \
    reeferSupplyAirTemperatureMilliCZone2 severity";

pub(super) const TRAILER_VEHICLE_ASSOCIATION: &str = "\
    assignment driverId endMs startMs trailer trailerAssignments vehicle";

pub(super) const USER: &str = "\
    attributes authType carrierSettings createdAtTime currentIdCardCode driverActivationStatus \
    eldAdverseWeatherExemptionEnabled eldBigDayExemptionEnabled eldDayStartHour eldExempt eldExemptReason eldPcEnabled \
    eldSettings eldYmEnabled email externalIds hasDrivingFeaturesHidden hasVehicleUnpinningEnabled hosSetting id \
    isDeactivated licenseNumber licenseState locale name notes parentTagId peerGroupTag phone profileImageUrl roles \
    staticAssignedVehicle tachographCardNumber tags timezone trailerGroupTag updatedAtTime usDriverRulesetOverride username \
    vehicleGroupTag waitingTimeDutyStatusEnabled";

pub(super) const VEHICLE: &str = "\
    auxInputType1 cameraSerial createdAtTime esn externalIds gateway harshAccelerationSettingType id licensePlate mac make \
    model name notes parentTagId serial staticAssignedDriver tags updatedAtTime vehicleRegulationMode vehicleType \
    vehicleWeightInKilograms vin year";

pub(super) const VEHICLE_LOCATION: &str = "\
    address decorations headingDegrees isEcuSpeed latitude longitude reverseGeo speedMilesPerHour time";

pub(super) const VEHICLE_SENSOR: &str = "\
    name reading time type value";
