-- Three territories, two quarters around the break of series, figures one recognises.
insert into marts.parution values
(7, '2024-06-20 16:12+02', '2024-06-19 23:30+00', '0.1.0', 5, true);

insert into marts.dim_trimestre values
('2023-T3', 'T3 2023', 2023, 3, '2023-07-01', '2023-09-30', '2022', null, '2023-11-14', 1, true),
('2023-T4', 'T4 2023', 2023, 4, '2023-10-01', '2023-12-31', '2022', '2024', '2024-02-14', 2, true),
('2024-T1', 'T1 2024', 2024, 1, '2024-01-01', '2024-03-31', '2024', null, '2024-05-15', 3, true),
('2024-T2', 'T2 2024', 2024, 2, '2024-04-01', '2024-06-30', '2024', null, '2024-08-14', 4, false);

insert into marts.dim_territoire values
('cde-001', 'CU Angers Loire Métropole', '{49}', '52', 'Pays de la Loire', true),
('cde-002', 'Asnières-sur-Seine', '{92}', '11', 'Île-de-France', true),
('cde-017', 'La Réunion', '{974}', '04', 'La Réunion', true);

insert into marts.dim_public values ('ensemble', 'Ensemble', 1), ('jeunes', 'Jeunes 16-25 ans', 2), ('rqth', 'RQTH', 3);

insert into marts.suivi_retours values
('cde-001', '2023-T4', 'accepte', '2024-02-14', '2024-02-01', '2024-02-01', 0, 1, 0, 0, 0, 1),
('cde-002', '2023-T4', 'accepte', '2024-02-14', '2024-02-01', '2024-02-01', 0, 1, 0, 0, 0, 2),
('cde-017', '2023-T4', 'rejete', '2024-02-14', '2024-02-01', null, null, 1, 1, 0, 0, null),
('cde-001', '2024-T1', 'accepte', '2024-05-15', '2024-05-27', '2024-05-27', 12, 1, 0, 0, 0, 4),
('cde-002', '2024-T1', 'accepte', '2024-05-15', '2024-05-02', '2024-05-02', 0, 1, 0, 0, 0, 5),
('cde-017', '2024-T1', 'en_retard', '2024-05-15', null, null, null, 0, 0, 0, 0, null);
update marts.suivi_retours as suivi set nom = territoires.nom, region = territoires.region
from marts.dim_territoire as territoires where territoires.territoire_id = suivi.territoire_id;

insert into marts.bilan_axes
(trimestre, niveau, code, libelle, axe, indicateur, valeur_trimestre, valeur_cumul, nb_repondants, nb_attendus, nb_valeurs)
values
('2023-T4', 'france', 'FR', 'France', 'recenser_federer', 'occurrences', 1101, 4101, 2, 3, 501),
('2023-T4', 'france', 'FR', 'France', 'aller_vers', 'occurrences', 1102, 4102, 2, 3, 502),
('2023-T4', 'france', 'FR', 'France', 'innover', 'actions_frein', 1103, 4103, 2, 3, 503),
('2024-T1', 'france', 'FR', 'France', 'innover', 'actions_frein', 1203, 5203, 2, 3, 603),
('2024-T1', 'france', 'FR', 'France', 'innover', 'cout_cite', null, 98765, 2, 3, 0),
('2024-T1', 'france', 'FR', 'France', 'aller_vers', 'occurrences', 1202, 5202, 2, 3, 602),
('2024-T1', 'france', 'FR', 'France', 'aller_vers', 'participants', 3, 5212, 2, 3, 612),
('2024-T1', 'france', 'FR', 'France', 'recenser_federer', 'occurrences', 1201, 5201, 2, 3, 601),
('2024-T1', 'region', '52', 'Pays de la Loire', 'recenser_federer', 'occurrences', 701, 2701, 1, 1, 301),
('2024-T1', 'region', '11', 'Île-de-France', 'recenser_federer', 'occurrences', 500, 2500, 1, 1, 300),
('2024-T1', 'region', '04', 'La Réunion', 'recenser_federer', 'occurrences', null, null, 0, 1, 0),
('2024-T1', 'territoire', 'cde-001', 'CU Angers Loire Métropole', 'aller_vers', 'participants', 777777, 777778, 1, 1, 1);

insert into marts.bilan_beneficiaires
(
    trimestre, niveau, code, libelle, public, sexe, indicateur, flux, cumul,
    nb_repondants, nb_attendus, nb_reportes, nb_flux_pluri_trimestres, nb_cumuls_incomplets
)
values
('2023-T4', 'france', 'FR', 'France', 'ensemble', 'T', 'identifies', 2101, 30101, 2, 3, 1, 1, 1),
('2023-T4', 'france', 'FR', 'France', 'ensemble', 'T', 'touches_frein', -12, 9102, 2, 3, 1, 0, 1),
('2024-T1', 'france', 'FR', 'France', 'ensemble', 'T', 'identifies', 2201, 32302, 2, 3, 1, 0, 1),
('2024-T1', 'france', 'FR', 'France', 'ensemble', 'T', 'touches_frein', 2202, 11304, 2, 3, 1, 0, 1),
('2024-T1', 'france', 'FR', 'France', 'ensemble', 'T', 'creation_activite', 0, 4, 2, 3, 1, 0, 1),
('2024-T1', 'france', 'FR', 'France', 'ensemble', 'F', 'identifies', 888888, 888889, 2, 3, 1, 0, 1),
('2024-T1', 'france', 'FR', 'France', 'jeunes', 'T', 'identifies', 2301, 12301, 2, 3, 1, 0, 1),
('2024-T1', 'france', 'FR', 'France', 'jeunes', 'T', 'touches_frein', null, null, 2, 3, 1, 0, 1),
('2024-T1', 'france', 'FR', 'France', 'rqth', 'T', 'identifies', 4, 41, 2, 3, 1, 0, 1),
('2024-T1', 'france', 'FR', 'France', 'rqth', 'T', 'touches_frein', 1, 2, 2, 3, 1, 0, 1),
('2024-T1', 'region', '11', 'Île-de-France', 'ensemble', 'T', 'identifies', 2401, 22401, 1, 1, 0, 0, 1),
('2024-T1', 'region', '11', 'Île-de-France', 'ensemble', 'T', 'touches_frein', 2402, 22402, 1, 1, 0, 0, 1),
('2024-T1', 'territoire', 'cde-001', 'CU Angers Loire Métropole', 'ensemble', 'T', 'identifies', 999998, 999999, 1, 1, 0, 0, 1);

insert into marts.bilan_gouvernance
(
    trimestre, niveau, code, libelle, question, modalite, libelle_modalite,
    nombre, denominateur, part, moyenne, nb_repondants, nb_attendus
)
values
('2024-T1', 'france', 'FR', 'France', 'animateur_volet_emploi', 'non', 'Non', 1, 2, 0.5, null, 2, 3),
('2024-T1', 'france', 'FR', 'France', 'animateur_volet_emploi', 'oui', 'Oui', 1, 2, 0.5, null, 2, 3),
('2024-T1', 'france', 'FR', 'France', 'niveau_cooperation', '4', '4', 1, 1, 1, 4, 2, 3),
('2024-T1', 'france', 'FR', 'France', 'etp', null, null, null, 2, null, 1.25, 2, 3);

insert into marts.fct_instances values
('cde-001', '2024-T1', 4, 12, 'Comité', 'suivi', 'oui', 2),
('cde-002', '2024-T1', 5, 12, 'Comité', 'suivi', null, null);

insert into marts.bilan_partenariats_synthese values ('2024', 2, 3, 13.5, 27, null);
insert into marts.bilan_partenariats values
('2024', 'caf', '=1+1', 2, 3, 2, 2, 1, 1, 2, 1, 0.5, 3.25, 1, 2.5, 3, 0.5, 0, 1, null),
('2024', 'ccas', '<script>CCAS</script>', 2, 3, 2, 1, 0.5, 0, 0, 0, null, null, null, null, null, null, null, null, null);

insert into marts.bilan_pactes values
('labellises', 'Pactes labellisés', 112, 300, 0.3733, 300, null),
('qpv_couverts', 'QPV couverts', null, null, null, 1493, null);

insert into marts.controle_chiffres_publies values
(
    'beneficiaires_identifies', 'Bénéficiaires identifiés', null, '2023 (page sans date)', 35000, 'personnes', 1000, '2022-T4',
    '2023-06-30', 35214, 35000, true, 81, 'Cumul national', 'https://exemple.invalid/page'
),
('part_bonne_cooperation', 'Bon niveau de coopération', '2024-03-25', '25 mars 2024', 67, '%', 1, '2023-T4', '2024-03-26', 63.2, 63, false, 79, 'Niveau 4 ou 5', 'Presse');

-- What two figures of the page are made of: 700 + 501 meetings, and counts of people that no page may give.
insert into marts.fct_actions values
(4, 7, 'cde-001', '2024-T1', 'recenser_federer', 'aucun', true, 700, 777777, 10),
(5, 7, 'cde-002', '2024-T1', 'recenser_federer', 'aucun', true, 400, 777777, 10),
(5, 8, 'cde-002', '2024-T1', 'recenser_federer', 'aucun', true, 101, 777777, 10),
(5, 9, 'cde-002', '2024-T1', 'recenser_federer', 'aucun', false, 999, 777777, 10);
insert into marts.fct_beneficiaires values
('cde-001', '2024-T1', 'ensemble', 'identifies', 'T', 'flux', 777777, 777777, 1, 999999, 'calcule', true, 4, 5, 2);
insert into marts.provenance values
('fct_actions', '4|7', 'occurrences', 'cde-001', '2024-T1', 4, '<b>T1</b>.xlsx', 'Actions', 'J7', '=700', 'saisi', null),
('fct_actions', '5|7', 'occurrences', 'cde-002', '2024-T1', 5, 'cde-002.ods', 'Actions', 'J7', '400', 'saisi', null),
('fct_actions', '5|8', 'occurrences', 'cde-002', '2024-T1', 5, 'cde-002.ods', 'Actions', 'J8', '101', 'saisi', null),
(
    'fct_beneficiaires', 'cde-001|2024-T1|ensemble|identifies|T', 'valeur', 'cde-001', '2024-T1', 4, '<b>T1</b>.xlsx',
    'Bénéficiaires', 'B5', '777777', 'saisi', null
);
