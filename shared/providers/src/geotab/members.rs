//! The members that records are known to have, mapped or not: what the provider's documents name, and what the mapping adds to a source.
//! Others are told as schema drift.

pub(super) const DRIVER_SAFETY_EVENT: &str = "\
    activeFrom activeTo createdDateTime device diagnostic distance driver duration id lastModifiedDateTime reason rule state \
    version";

pub(super) const DRIVER_VEHICLE_ASSOCIATION: &str = "\
    dateTime device driver endDateTime id type version";

pub(super) const DVIR_LOG: &str = "\
    authorityAddress authorityName certifiedBy certifyDate certifyRemark dateTime defectList defects device driver \
    driverRemark duration dvirDefects engineHours id isInspectedByDriver isRejected isSafeToOperate loadHeight loadWidth \
    location logType odometer repairDate repairRemark repairedBy trailer trailerDevice version";

pub(super) const DVIR_LOG_DEFECT: &str = "\
    dateTime defect defectRemarks driver dvirDefects dvirLog id name names part repairDateTime repairStatus repairUser \
    severity version";

pub(super) const ENGINE_LOG: &str = "\
    amberWarningLamp controller count dateTime device diagnostic diagnosticSeverity dismissDateTime dismissUser failureMode \
    faultState faultStates id malfunctionLamp protectWarningLamp redStopLamp riskOfBreakdown severity sourceAddress version";

pub(super) const ENGINE_STATUS: &str = "\
    controller data dateTime device diagnostic id version";

pub(super) const FUEL_TRANSACTION: &str = "\
    cost currencyCode dateTime description device driver externalReference id location odometer productType provider \
    siteName version volume";

pub(super) const HOS_AVAILABILITY: &str = "\
    beside cycle cycleAvailabilities cycleRest dateTime driver driving drivingBreakDuration duty dutySinceCycleRest id \
    is16HourExemptionAvailable isAdverseDrivingApplied isAdverseDrivingExemptionAvailable \
    isOffDutyDeferralExemptionAvailable isRailroadExemptionAvailable recap rest status workday";

pub(super) const HOS_EVENT: &str = "\
    annotations beside coDrivers dateTime deferralMinutes deferralStatus device distanceSinceValidCoordinates driver \
    editDateTime engineHours eventCode eventRecordStatus eventType id isIgnored isTransitioning location malfunction \
    odometer origin parentId sequence state status verifyDateTime version";

pub(super) const HOS_VIOLATION: &str = "\
    carriesPassengers daysLimit driver drivingDuration dutyDuration fromDate hoursLimit id logId reason toDate type version";

pub(super) const IFTA_SUMMARY: &str = "\
    device jurisdictions month year";

pub(super) const MESSAGE: &str = "\
    activeFrom activeTo delivered device id isDirectionToVehicle markedReadBy messageContent messageSize parentMessage read \
    recipient replyMessage sent user version";

pub(super) const TRAILER: &str = "\
    accelerationWarningThreshold activeFrom activeTo brakingWarningThreshold comment corneringWarningThreshold \
    customProperties deviceFlags devicePlanBillingInfo devicePlans deviceType engineVehicleIdentificationNumber groups id \
    idleMinutes ignoreDownloadsUntil isActiveTrackingEnabled isContinuousConnectEnabled licensePlate licenseState \
    maxSecondsBetweenLogs mediaFiles minAccidentSpeed name productId serialNumber speedingOff speedingOn timeToDownload \
    timeZoneId tmpTrailerId vehicleIdentificationNumber vinInfoMake vinInfoModel vinInfoYear workTime";

pub(super) const TRAILER_LOCATION: &str = "\
    dateTime device id latitude longitude speed";

pub(super) const TRAILER_VEHICLE_ASSOCIATION: &str = "\
    activeFrom activeTo device endDateTime id trailer trailerDevice version";

pub(super) const USER: &str = "\
    acceptedEULA accessGroupFilter activeDashboardReports activeDefaultDashboards activeFrom activeTo authorityAddress \
    authorityName availableDashboardReports bookmarks cannedResponseOptions carrierNumber changePassword comment \
    companyAddress companyGroups companyName countryCode dateFormat defaultGoogleMapStyle defaultHereMapStyle \
    defaultMapEngine defaultOpenStreetMapStyle defaultPage designation displayCurrency driverGroups \
    electricEnergyEconomyUnit employeeNo featurePreview firstDayOfWeek firstName fuelEconomyUnit hosRuleSet iAMMetadata id \
    isAceDisclaimerDisabled isAdverseDrivingEnabled isAutoAdded isDriver isEULAAccepted isEmailReportEnabled \
    isExemptHOSEnabled isLabsEnabled isMaintenanceNotificationEnabled isMetric isNewsEnabled isPersonalConveyanceEnabled \
    isServiceDisruptionNotificationsEnabled isYardMoveEnabled jobPriorities keys language lastAccessDate lastName \
    licenseNumber licenseProvince mapViews maxPCDistancePerDay mediaFiles name phoneNumber phoneNumberExtension \
    privateUserGroups reportGroups securityGroups showClickOnceWarning showRateThisApp smsNotificationsOptIn timeZoneId \
    userAuthenticationType version viewDriversOwnDataOnly whatsAppNotificationsOptIn wifiEULA zoneDisplayMode";

pub(super) const VEHICLE: &str = "\
    accelerationWarningThreshold activeFrom activeTo autoHos brakingWarningThreshold comment corneringWarningThreshold \
    customProperties deviceFlags devicePlanBillingInfo devicePlans deviceType engineType engineVehicleIdentificationNumber \
    fuelTankCapacity groups hardwareId id idleMinutes ignoreDownloadsUntil isActiveTrackingEnabled \
    isContinuousConnectEnabled licensePlate licenseState major maxSecondsBetweenLogs mediaFiles minAccidentSpeed minor name \
    odometerFactor odometerOffset parameterVersion parameterVersionOnDevice productId serialNumber speedingOff speedingOn \
    timeToDownload timeZoneId tmpTrailerId vehicleIdentificationNumber version vinInfoMake vinInfoModel vinInfoVehicleType \
    vinInfoYear workTime";

pub(super) const VEHICLE_LOCATION: &str = "\
    dateTime device id latitude longitude speed";
