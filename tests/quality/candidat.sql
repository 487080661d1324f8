-- Faultless candidate marts of the two staged returns: the columns that the audit reads, no more.
create table reference.ref_territoires as select territoire_id from (values ('cde-001'), ('cde-002')) as t (territoire_id);
create table reference.ref_trimestres as select trimestre from (values ('2023-T3'), ('2024-T4')) as t (trimestre);
create table reference.ref_territoires_qpv2015 as select 'QP001001' as code_qpv;
create table reference.ref_qpv2024_communes as select 'QN00101I' as code_qpv;
create table reference.ref_territoires_communes as select '01053' as code_commune;
create table reference.ref_chiffres_publies as
select * from (values ('territoires_labellises', 'referentiel'), ('actions_coordination', 'cumul'), ('pactes_objectif', 'objectif'),
    ('qpv_2015_couverts', 'referentiel'), ('couples_cite_qpv', 'referentiel'))
    as t (indicateur, comparaison);
insert into reference.ref_modalites values
('partenaires', 'caf', 'CAF', 1), ('publics', 'jeunes', 'Jeunes', 1), ('freins', 'mobilite', 'Mobilité', 1);

create schema calcul;
create table calcul.touche as
select true as complete, false as ouverture, '{cde-001}' as territoires, '{2023-T3}' as trimestres;
create table calcul.dim_territoire as select territoire_id, true as est_actuel from reference.ref_territoires;
create table calcul.dim_trimestre as select trimestre from reference.ref_trimestres;
create table calcul.dim_qpv as
select code_qpv, '2015' as generation from reference.ref_territoires_qpv2015
union all select code_qpv, '2024' from reference.ref_qpv2024_communes;
create table calcul.dim_commune as select code_commune from reference.ref_territoires_communes;
create table calcul.dim_partenaire as select code as partenaire from reference.ref_modalites where liste = 'partenaires';
create table calcul.dim_public as select code as public from reference.ref_modalites where liste = 'publics';
create table calcul.dim_frein as select code as frein from reference.ref_modalites where liste = 'freins';

create table calcul.suivi_retours as
select
    territoires.territoire_id, trimestres.trimestre, recepisse.recepisse_id, recepisse.recu_le,
    case when recepisse.recepisse_id is null then 'attendu' else 'accepte' end as etat, 0 as jours_retard
from reference.ref_territoires as territoires
cross join reference.ref_trimestres as trimestres
left join entrepot.recepisse using (territoire_id, trimestre);

create table calcul.fct_actions as
select
    recepisse_id, ligne, territoire_id, trimestre, axe, intitule, statut, true as comptee, occurrences, participants,
    participants_femmes, participants_jeunes, cout_total, cout_cite, '{QP001001}'::text[] as qpv_concernes
from preparation.ctl_actions;
create view preparation.stg_actions as select * from preparation.ctl_actions;
create view preparation.stg_beneficiaires as select * from preparation.ctl_beneficiaires;
create table calcul.fct_beneficiaires as
select
    territoire_id, trimestre, public, indicateur, sexe, valeur, 'saisi' as etat, valeur as flux, false as flux_negatif,
    valeur as cumul, recepisse_id
from preparation.ctl_beneficiaires;
create table calcul.fct_gouvernance as
select territoire_id, trimestre, question, valeur_code, valeur_nombre, valeur_date from preparation.stg_gouvernance;
create table calcul.fct_instances as select recepisse_id, ligne, territoire_id, trimestre, reunions from preparation.stg_instances;
create table calcul.fct_partenariats as
select
    recepisse_id, territoire_id, trimestre, trimestre as campagne, partenaire, associe = 'oui' as associe,
    cofinanceur = 'oui' as cofinanceur, satisfaction
from preparation.stg_partenaires;
create table calcul.fct_pactes as
select
    'ppe-' || recepisse_id || '-' || ligne as pacte_id, territoire_texte as nom, departement, code_contrat,
    date_labellisation, recepisse_id, ligne
from preparation.stg_pactes;
create table calcul.fct_pactes_etapes as select pacte_id, 'labellise' as etape from calcul.fct_pactes;
create table calcul.entrees_parutions as select recepisse_id from entrepot.recepisse;

create table calcul.corrections_anct as
select correction.registre_id, correction.ligne, 'appliquee' as etat, appliquee.recepisse_id
from entrepot.correction
inner join entrepot.correction_appliquee as appliquee
    on correction.registre_id = appliquee.registre_id and correction.ligne = appliquee.registre_ligne;

create table calcul.bilan_retours as
select
    trimestre, niveau, code, count(*)::integer as nb_attendus,
    (count(*) filter (where etat = 'accepte'))::integer as nb_acceptes, 0.5 as part_acceptes,
    (count(*) filter (where etat = 'accepte' and jours_retard > 0))::integer as nb_hors_delai,
    (count(*) filter (where etat = 'rejete'))::integer as nb_rejetes,
    (count(*) filter (where etat not in ('accepte', 'rejete')))::integer as nb_non_recus
from calcul.suivi_retours cross join (values ('france', 'FR'), ('region', '11')) as perimetres (niveau, code)
group by trimestre, niveau, code;
create table calcul.bilan_axes as
select
    faits.trimestre, niveaux.niveau, niveaux.code, axes.axe, 'actions' as indicateur,
    coalesce(faits.actions * (axes.axe = faits.axe)::integer, 0) as valeur_trimestre,
    coalesce(faits.actions * (axes.axe = faits.axe)::integer, 0) as valeur_cumul, 1 as nb_repondants, 2 as nb_attendus
from (
    select trimestre, territoire_id, axe, count(*) as actions from calcul.fct_actions
    group by trimestre, territoire_id, axe
) as faits
cross join (values ('recenser_federer'), ('aller_vers'), ('innover')) as axes (axe)
cross join lateral (values ('france', 'FR'), ('territoire', faits.territoire_id)) as niveaux (niveau, code);
create table calcul.bilan_beneficiaires as
select
    faits.trimestre, niveaux.niveau, niveaux.code, faits.public, faits.sexe, faits.indicateur, faits.flux, faits.cumul,
    1 as nb_repondants, 2 as nb_attendus, 1 as nb_reportes
from calcul.fct_beneficiaires as faits
cross join lateral (values ('france', 'FR'), ('territoire', faits.territoire_id)) as niveaux (niveau, code);
create table calcul.bilan_gouvernance as
select
    faits.trimestre, niveaux.niveau, niveaux.code, faits.question,
    case when faits.question = 'niveau_cooperation' then '4' end as modalite, 1 as nombre, 1 as denominateur,
    1.0 as part, 1 as nb_repondants, 2 as nb_attendus
from calcul.fct_gouvernance as faits
cross join lateral (values ('france', 'FR'), ('territoire', faits.territoire_id)) as niveaux (niveau, code);
create table calcul.bilan_partenariats as
select
    campagne, partenaire, 1 as nb_repondants, 2 as nb_attendus, 1 as nb_reponses_associe, 1 as nb_associes,
    0 as nb_cofinanceurs, 1.0 as part_associes, 1 as nb_notes, 1 as nb_satisfaits, 1.0 as part_satisfaits, 3.0 as note_moyenne, 0 as nb_communs
from calcul.fct_partenariats;
create table calcul.bilan_partenariats_synthese as
select
    campagne, 1 as nb_repondants, 2 as nb_attendus, 1.0 as partenaires_associes_moyenne, 1 as partenaires_associes_max
from calcul.fct_partenariats;
create table calcul.bilan_pactes as select 'labellises' as indicateur, 1 as valeur, 0.01 as part;
create table calcul.controle_chiffres_publies as
select indicateur, true as accord, 1 as valeur_calculee from reference.ref_chiffres_publies where comparaison <> 'objectif';
create table calcul.provenance as
select
    recepisse_id, territoire_id, trimestre, 'intitule' as champ, 'Actions' as feuille, 'D5' as cellule, 'Permanence emploi' as texte_saisi
from preparation.ctl_actions where ligne = 5;
create table calcul.suivi_constats as
select
    'R1-0A1B2C3D4E' as reference, territoire_id, trimestre, recepisse_id, '2000' as valeur_vue, 'Trop grand.' as constat,
    'ouvert' as etat, recepisse_id as etat_recepisse_id, null as reponse, null as motif_levee
from preparation.ctl_actions where recepisse_id = 1 and ligne = 5;
insert into entrepot.constat (recepisse_id, regle, severite, message, qui_corrige)
values (1, 'ACT-06', 'valeur', 'Trop grand.', 'territoire');
create table calcul.qualite_retours as
select
    territoire_id, trimestre, recepisse_id, (recepisse_id = 1)::integer as nb_valeur, 0 as nb_suspicion,
    0.99 as part_sans_constat
from calcul.suivi_retours where recepisse_id is not null;
create table calcul.qualite_regles as
select
    'ACT-06' as regle, '2023-T3' as trimestre, null::bigint as parution_id, 2 as nb_regardes, 1 as nb_en_defaut,
    1 as nb_constats;
insert into entrepot.traitement (recepisse_id, etape) select recepisse_id, 'controle' from entrepot.recepisse;
insert into entrepot.parution (statut, version_code, methode) values ('en_cours', 'essai', 'essai');
insert into entrepot.connaissance (recepisse_id, connu_le, parution_id)
select recepisse_id, recu_le, parution_id from entrepot.recepisse cross join entrepot.parution;
