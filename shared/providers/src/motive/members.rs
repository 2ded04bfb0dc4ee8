//! The members that records are known to have, mapped or not: what the provider's documents name, and what the mapping adds to a source.
//! Others are told as schema drift.

pub(super) const DRIVER_VEHICLE_ASSOCIATION: &str = "\
    annotation_status destination destination_lat destination_lon distance driver duration end_hvb_lifetime_energy_output \
    end_hvb_state_of_charge end_kilometers end_time id notes origin origin_lat origin_lon source \
    start_hvb_lifetime_energy_output start_hvb_state_of_charge start_kilometers start_time status type vehicle";

pub(super) const ENGINE_LOG: &str = "\
    code code_description code_label dtc_severity dtc_status eld_device first_observed_at fmi fmi_description ftb \
    functional_grp_id id is_sid last_observed_at network num_observations occurrence_count source_address \
    source_address_label source_address_name status sum_num_observations type updated_at vehicle vehicle_gateway vehicle_id";

pub(super) const FUEL_TRANSACTION: &str = "\
    currency driver driver_id fuel fuel_type fuel_unit id jurisdiction odometer odometer_unit offline_id purchased_at \
    receipt_upload_url receipt_urls ref_no total_cost updated_at vehicle vehicle_id vendor";

pub(super) const HOS_EVENT: &str = "\
    driver driver_signed_at end_time events id is_manual location log name notes remark remarks start_time time_zone type \
    vehicles";

pub(super) const TRAILER: &str = "\
    asset_gateway axle created_at current_location external_ids gawr group_ids groups gvwr id leased length \
    length_metric_units license_plate_number license_plate_state make model name notes status type updated_at vin \
    weight_metric_units year";

pub(super) const TRAILER_LOCATION: &str = "\
    description id lat located_at lon";

pub(super) const USER: &str = "\
    associated_dispatcher_id carrier_city carrier_name carrier_state carrier_street carrier_zip company_reference_id \
    created_at cycle cycle2 driver_company_id drivers_license_number drivers_license_state duty_status eld_mode email \
    exception_24_hour_restart exception_24_hour_restart2 exception_8_hour_break exception_8_hour_break2 \
    exception_adverse_driving exception_adverse_driving2 exception_ca_farm_school_bus exception_ca_farm_school_bus2 \
    exception_short_haul exception_short_haul2 exception_wait_time exception_wait_time2 expires_at export_combined \
    export_odometers export_recap external_ids first_name group_ids id joined_at last_name manual_driving_enabled \
    metric_units minute_logs mobile_current_sign_in_at mobile_last_active_at mobile_last_sign_in_at \
    personal_conveyance_enabled phone phone2 phone_country_code phone_country_code2 phone_ext role status terminal_city \
    terminal_state terminal_street terminal_zip time_zone updated_at username violation_alerts web_current_sign_in_at \
    web_last_active_at web_last_sign_in_at yard_moves_enabled";

pub(super) const VEHICLE: &str = "\
    availability_details carb_ctc_emission_status carb_ctc_test_enabled company_id created_at current_driver \
    driver_facing_camera eld_device external_ids fuel_type group_ids groups id identifier ifta \
    incab_alert_live_stream_enable incab_audio_recording license_plate_country_code license_plate_number license_plate_state \
    make metric_units model notes number permanent_driver prevent_auto_odometer_entry registration_expiry_date status \
    updated_at vin year";

pub(super) const VEHICLE_LOCATION: &str = "\
    battery_voltage bearing current_driver description driver eld_device engine_hours fuel fuel_primary_remaining_percentage \
    fuel_secondary_remaining_percentage hvb_charge_source hvb_charge_status hvb_lifetime_energy_output hvb_state_of_charge \
    id lat located_at lon odometer speed true_engine_hours true_odometer type veh_range";

pub(super) const WORKFLOW: &str = "\
    additional_drops additional_pickups auto_complete_forms consignee_bill_of_lading consignee_comments \
    consignee_dispatch_location_id consignee_driver_load consignee_form_ids consignee_pallets consignee_pieces consignee_refno \
    consignee_status consignee_type consignee_volume consignee_weight created_at custom_field1 delivery_early_date \
    delivery_late_date dispatch_stops driver_id id loaded_miles locations order_pieces order_volume order_weight \
    pickup_early_date pickup_late_date pickup_number product shipper_bill_of_lading shipper_comments \
    shipper_dispatch_location_id shipper_driver_load shipper_form_ids shipper_pallets shipper_pieces shipper_refno \
    shipper_status shipper_type shipper_volume shipper_weight status status_updated_at temperature_max temperature_min \
    trailer updated_at vehicle_id vendor_consignee_id vendor_id vendor_shipper_id";
